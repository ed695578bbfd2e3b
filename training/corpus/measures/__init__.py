"""What is measured on motion and speech, beside real speakers: statistics, their bands, the report."""
