"""What is stored: found, read and followed."""
