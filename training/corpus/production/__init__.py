"""Whole corpora: which takes there are, made in many processes, from own texts or recorded speech, joined."""
