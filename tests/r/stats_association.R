# R's answers to tests/golden/stats_r_test.cpp, as JSON: Rscript stats_association.R FOLDER
# FOLDER holds cases.csv: group (1, 2), kind (1..4), x, y, tied (a number with ties), yes (0, 1).
cases <- read.csv(file.path(commandArgs(trailingOnly = TRUE)[1], "cases.csv"))
numbers <- function(...) paste0("[", paste(sprintf("%.17g", c(...)), collapse = ","), "]")
object <- function(...) {
  parts <- list(...)
  paste0("{", paste0("\"", names(parts), "\":", unlist(parts), collapse = ","), "}")
}
cases$kind <- kind <- factor(cases$kind)
levels_of_tied <- cut(cases$tied, c(-Inf, 1.5, 3.5, Inf))
table <- table(kind, levels_of_tied)
chi <- suppressWarnings(chisq.test(table, correct = FALSE))
fourfold <- fisher.test(table(cases$group, cases$yes))
anova_of <- anova(lm(x ~ kind, cases))
kruskal <- kruskal.test(tied ~ kind, cases)
pearson <- cor.test(cases$x, cases$y)
spearman <- suppressWarnings(cor.test(cases$tied, cases$y, method = "spearman", exact = FALSE))
exact <- wilcox.test(x ~ group, cases)
tied <- wilcox.test(tied ~ group, cases, exact = FALSE)
welch <- t.test(x ~ group, cases)
logistic <- glm(yes ~ x + tied + group, binomial, cases, control = glm.control(epsilon = 1e-14, maxit = 100))
nested <- glm(yes ~ x, binomial, cases, control = glm.control(epsilon = 1e-14, maxit = 100))
ratio <- anova(nested, logistic, test = "LRT")
upper <- function(f, ...) f(..., lower.tail = FALSE)
cat(object(
  chi = numbers(chi$statistic, chi$p.value, min(chi$expected)),
  fisher = numbers(fisher.test(table, workspace = 2e7)$p.value),
  fourfold = numbers(fourfold$p.value, fourfold$estimate, fourfold$conf.int),
  anova = numbers(anova_of$`F value`[1], anova_of$`Pr(>F)`[1], anova_of$Df),
  kruskal = numbers(kruskal$statistic, kruskal$p.value, kruskal$parameter),
  pearson = numbers(pearson$statistic, pearson$p.value, pearson$estimate, pearson$conf.int),
  spearman = numbers(spearman$estimate, spearman$p.value),
  rank_sum = numbers(exact$statistic, exact$p.value, tied$statistic, tied$p.value),
  welch = numbers(welch$statistic, welch$parameter, welch$p.value, welch$conf.int),
  coefficients = numbers(coef(logistic)), covariance = numbers(vcov(logistic)),
  likelihood = numbers(logLik(logistic)), ratio = numbers(ratio$Deviance[2], ratio$`Pr(>Chi)`[2]),
  tails = numbers(upper(pt, 60, 7.5), upper(pt, 2, 1e6), upper(pf, 400, 3, 90), upper(pf, 2, 5, 1e7),
                  pbeta(1e-9, 2.5, 30), upper(pbeta, 0.999, 3, 20), pbinom(3, 1000, 0.4), upper(pbinom, 699, 1000, 0.4),
                  upper(pchisq, 900, 12), -qt(1e-30, 4), qt(0.9, 2.2), -qnorm(1e-250))), "\n")
