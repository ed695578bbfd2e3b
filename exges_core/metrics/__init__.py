"""What is measured, exactly: physical plausibility and retrieval. Each figure's definition stands in its docstring."""
