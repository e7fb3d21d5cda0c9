"""What the Lambda functions share: the host that carries an event to a handler, as `local/` is the embedded one."""
