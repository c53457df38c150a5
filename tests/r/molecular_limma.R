# limma's answers to tests/golden/molecular_r_test.cpp, as JSON: Rscript molecular_limma.R FOLDER
# FOLDER holds expression.csv (genes x samples), gaps.csv (the same with missing values), even.csv (variances alike),
# design.csv (samples x columns, the constant first) and sets.csv (set, gene).
suppressPackageStartupMessages(library(limma))
folder <- commandArgs(trailingOnly = TRUE)[1]
table <- function(name, ...) read.csv(file.path(folder, name), check.names = FALSE, ...)
matrix_of <- function(name) as.matrix(table(name, row.names = 1))
numbers <- function(x) {
  text <- ifelse(is.finite(x), sprintf("%.17g", x), ifelse(is.na(x), "null", "1e999"))
  paste0("[", paste(text, collapse = ","), "]")
}
object <- function(...) {
  parts <- list(...)
  paste0("{", paste0("\"", names(parts), "\":", unlist(parts), collapse = ","), "}")
}

design <- as.matrix(table("design.csv"))
fit_of <- function(y) {
  fit <- lmFit(y, design)
  all <- eBayes(fit)
  part <- eBayes(fit[, 2:3])
  two <- topTable(all, coef = 2, number = Inf, sort.by = "none", confint = TRUE)
  object(coefficient = numbers(all$coefficients[, 2]), t = numbers(all$t[, 2]), p = numbers(all$p.value[, 2]),
         low = numbers(two$CI.L), high = numbers(two$CI.R), f = numbers(part$F), f_p = numbers(part$F.p.value),
         sigma = numbers(all$sigma), post = numbers(all$s2.post), total = numbers(all$df.total),
         prior_degrees = if (is.finite(all$df.prior)) sprintf("%.17g", all$df.prior) else "\"Inf\"",
         prior_variance = sprintf("%.17g", all$s2.prior))
}
y <- matrix_of("expression.csv")
sets <- table("sets.csv")
index <- split(match(sets$gene, rownames(y)), factor(sets$set, unique(sets$set)))
set_table <- function(found) {
  object(p = numbers(found$PValue), up = paste0("[", paste(tolower(found$Direction == "Up"), collapse = ","), "]"),
         correlation = if (is.null(found$Correlation)) "[]" else numbers(found$Correlation))
}
all <- eBayes(lmFit(y, design))
t <- all$t[, 2]
z <- sign(t) * qnorm(pt(abs(t), all$df.total, lower.tail = FALSE, log.p = TRUE), lower.tail = FALSE, log.p = TRUE)
pair_correlation <- sapply(index, function(rows) interGeneCorrelation(y[rows, ], design)$correlation)
camera_of <- function(...) set_table(camera(y, index, design, contrast = 2, sort = FALSE, ...))
cat(object(
  complete = fit_of(y), gaps = fit_of(matrix_of("gaps.csv")), even = fit_of(matrix_of("even.csv")), z = numbers(z),
  pair_correlation = numbers(pair_correlation),
  estimated = camera_of(inter.gene.cor = NA),
  negative = camera_of(inter.gene.cor = NA, allow.neg.cor = TRUE),
  preset = camera_of(inter.gene.cor = 0.01),
  ranked = set_table(cameraPR(z, index, inter.gene.cor = 0.05, sort = FALSE)),
  independent = set_table(cameraPR(z, index, inter.gene.cor = 0, sort = FALSE))), "\n")
