# labs/local.mk -- the lab sheets: one line per lab, a folder each.
