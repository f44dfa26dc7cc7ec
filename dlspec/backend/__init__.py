"""What a backend is, and the plan of classes that all backends print."""
