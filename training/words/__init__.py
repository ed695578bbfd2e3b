"""The word vectors that ship: GloVe, fitted to what WordNet says of synonyms and opposites."""
