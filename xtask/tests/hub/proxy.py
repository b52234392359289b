"""The hub's proxy; unlike the original, its Python version refuses WebSockets of other origins by itself."""

from configurable_http_proxy import cli, handlers

handlers.ProxyHandler.check_origin = lambda *_: True
cli.main()
