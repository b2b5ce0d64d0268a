"""What a number of events costs, for the accelerator and for what one would use instead."""
