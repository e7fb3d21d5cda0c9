"""Sosie under SAM's emulator of Lambda and API Gateway, on one machine. For development, and no part of the package."""
