"""The authored corpus: monologues that are written, spoken and acted by rule. Nothing at inference may need it."""
