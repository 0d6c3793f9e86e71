"""Known crystals: training rows, the reference, structure types, and how they are built."""
