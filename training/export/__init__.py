"""From weights to graphs that ONNX Runtime runs, and how near their answers are."""
