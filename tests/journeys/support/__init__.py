"""What the journeys' clients are made of. Nothing here imports the package under test."""
