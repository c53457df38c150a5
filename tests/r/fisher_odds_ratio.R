# The odds ratio of four cells and its limits as fisher.test has them, with roots to 1e-14 instead of 1e-4; JSON:
# Rscript fisher_odds_ratio.R FOLDER, which holds cases.csv (group, yes).
cases <- read.csv(file.path(commandArgs(trailingOnly = TRUE)[1], "cases.csv"))
cells <- table(cases$group, cases$yes)
first <- sum(cells[, 1])
second <- sum(cells[, 2])
drawn <- sum(cells[1, ])
counts <- max(0, drawn - second):min(drawn, first)
chances <- function(log_ratio) {
  weights <- dhyper(counts, first, second, drawn, log = TRUE) + counts * log_ratio
  weights <- exp(weights - max(weights))
  weights / sum(weights)
}
root <- function(of) exp(uniroot(of, c(-10, 10), tol = 1e-15, maxiter = 10000)$root)
x <- cells[1, 1]
ratios <- c(root(function(at) sum(counts * chances(at)) - x),
            root(function(at) sum(chances(at)[counts >= x]) - 0.025),
            root(function(at) sum(chances(at)[counts <= x]) - 0.025))
cat(paste0("[", paste(sprintf("%.17g", ratios), collapse = ","), "]"), "\n")
