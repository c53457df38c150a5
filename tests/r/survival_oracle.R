# What R's survival and cmprsk say of a table of subjects, as JSON. Rscript survival_oracle.R subjects.csv
# Columns: time, cause (0: censored), group, stratum, cluster, x1, x2, x3. Exit 77: a package is missing.
quiet <- function(package) suppressWarnings(suppressMessages(require(package, character.only = TRUE, quietly = TRUE)))
if (!quiet("survival") || !quiet("cmprsk")) quit(status = 77)

json <- function(value) {
  if (is.list(value)) {
    fields <- mapply(function(name, of) paste0('"', name, '": ', json(of)), names(value), value)
    return(paste0("{", paste(fields, collapse = ", "), "}"))
  }
  numbers <- ifelse(is.finite(value), formatC(as.numeric(value), digits = 17, format = "g"), "null")
  paste0("[", paste(trimws(numbers), collapse = ", "), "]")
}

d <- read.csv(commandArgs(trailingOnly = TRUE)[1])
d$event <- as.numeric(d$cause == 1)
d$any <- as.numeric(d$cause > 0)
control <- coxph.control(eps = 1e-12, iter.max = 50)
result <- list()

for (kind in c("plain", "log", "log-log")) {
  fit <- survfit(Surv(time, factor(cause)) ~ 1, data = d, conf.type = kind)
  result[[paste0("incidence ", kind)]] <- list(time = fit$time, incidence = fit$pstate[, 2], error = fit$std.err[, 2],
                                               lower = fit$lower[, 2], upper = fit$upper[, 2])
}

for (rho in 0:1) {
  plain <- with(d, cuminc(time, cause, group, rho = rho))$Tests
  strata <- with(d, cuminc(time, cause, group, strata = stratum, rho = rho))$Tests
  result[[paste0("gray ", rho)]] <- list(chisq = plain[, 1], p = plain[, 2], df = plain[, 3],
                                         strata_chisq = strata[, 1])
}

for (code in 1:2) {
  fit <- crr(d$time, d$cause, cbind(d$x1, d$x2, d$x3), failcode = code, gtol = 1e-10, maxiter = 50)
  result[[paste0("crr ", code)]] <- list(coef = fit$coef, var = fit$var, loglik = fit$loglik,
                                          loglik_null = fit$loglik.null)
}

uno <- function(...) {
  fit <- concordance(Surv(time, any) ~ x1, data = d, reverse = TRUE, ...)
  c(fit$concordance, sqrt(fit$var), fit$count[1:3])
}
result$uno <- list(all = uno(timewt = "n/G2"), tau = uno(timewt = "n/G2", ymax = quantile(d$time, 0.6, type = 1)),
                   tau_time = quantile(d$time, 0.6, type = 1))

for (ties in c("efron", "breslow")) {
  for (strata in c(FALSE, TRUE)) {
    formula <- Surv(time, any) ~ x1 + x2 + x3
    if (strata) formula <- update(formula, . ~ . + strata(stratum))
    fit <- coxph(formula, data = d, ties = ties, cluster = cluster, control = control)
    result[[paste("cox", ties, if (strata) "strata" else "all")]] <- list(
      coef = coef(fit), naive = fit$naive.var, robust = fit$var, wald = fit$wald.test,
      score_residuals = t(residuals(fit, type = "score")), deviance = residuals(fit, type = "deviance"),
      martingale = residuals(fit, type = "martingale"),
      schoenfeld = colSums(abs(cbind(residuals(fit, type = "schoenfeld")))),
      scaled = colSums(abs(cbind(residuals(coxph(formula, data = d, ties = ties, control = control),
                                           type = "scaledsch")))))
  }
}
exact <- coxph(Surv(time, any) ~ x1 + x2 + x3 + strata(stratum), data = d, ties = "exact", control = control)
result$exact <- list(coef = coef(exact), var = exact$var, loglik = exact$loglik, martingale = residuals(exact))

# With times as they are, the score test of the exact likelihood is the log-rank test of trend.
for (strata in c(FALSE, TRUE)) {
  formula <- if (strata) Surv(time, any) ~ score + strata(stratum) else Surv(time, any) ~ score
  d$score <- c(1, 2, 4)[d$group]
  result[[if (strata) "trend strata" else "trend"]] <- coxph(formula, data = d, ties = "exact", control = control)$score
}
cat(json(result), "\n")
