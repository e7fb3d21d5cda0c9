"""`sosie doctor`: what is wrong with a self-hosted server's configuration towards the cloud, and what to change.

`parse` reads a file, `keys` knows the clients' settings, `rules_*` are pure functions over the configuration,
`catalog` lists their codes, `probes` walks the way the client would take, `report` shows it all.
"""
