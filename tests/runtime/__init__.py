"""The functions as Lambda runs them: its runtime and its interface emulator, on the layer as it is built."""
