"""Speed and memory, printed as tables; never timed tests."""
