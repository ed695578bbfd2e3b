"""Recordings as training reads them: takes, labels, scores, shards, varied copies and the arrays made of them."""
