"""What the business knows. Standard library only; imported by everybody, imports nobody of ours."""
