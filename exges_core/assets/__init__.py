"""Data that ships with the package: the skeleton, default weights and motion base, demo speech, with their provenance."""
