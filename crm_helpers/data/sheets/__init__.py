"""Excel forms: one definition of a form writes it, reads it wherever it lies, and checks it."""
