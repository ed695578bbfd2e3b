"""What we call of praatio: its own annotations leave the entries of tiers without a type."""
