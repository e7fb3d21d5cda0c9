"""A reference self-hosted side, so that the article's story can be walked without installing a server.

It needs a world's summary, the wire, and the captured mail; it shares no code with the cloud's side of the wire.
"""
