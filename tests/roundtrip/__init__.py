"""Every adapter against its dialect over real sockets: real engine, real store, real server process."""
