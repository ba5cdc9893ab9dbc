"""What users would write or install instead. A module each, imported only where its package is installed."""
