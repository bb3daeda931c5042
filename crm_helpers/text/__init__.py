"""Words and number forms, one folder a language; no logic of the analysis."""
