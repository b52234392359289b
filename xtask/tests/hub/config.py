"""A JupyterHub for the tests, set as a page of another origin needs it; page_hub.py starts it."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821, JupyterHub defines it
origin, folder = os.environ["PAGE_ORIGIN"], os.environ["HUB_FOLDER"]
port, hub_port, proxy_port = os.environ["HUB_PORTS"].split()

# What readers' hubs need too: the page may ask the hub to start a server, ask that server, and open a WebSocket with
# its token in the address (which browsers cannot send otherwise).
c.JupyterHub.tornado_settings = {"headers": {"Access-Control-Allow-Origin": origin}}
c.Spawner.args = [f"--ServerApp.allow_origin={origin}", "--allow-root"]
c.Spawner.environment = {**os.environ, "JUPYTERHUB_ALLOW_TOKEN_IN_URL": "1"}

c.JupyterHub.bind_url = f"http://127.0.0.1:{port}/"
c.JupyterHub.hub_port = int(hub_port)
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret = os.urandom(32)
c.JupyterHub.allow_named_servers = True
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {"ada"}
c.JupyterHub.services = [{"name": "tests", "api_token": os.environ["HUB_TOKEN"]}]
c.JupyterHub.load_roles = [{"name": "tests", "services": ["tests"], "scopes": ["tokens", "admin:users"]}]
c.ConfigurableHTTPProxy.command = [sys.executable, str(Path(__file__).with_name("proxy.py"))]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{proxy_port}"
# The home of whoever runs the tests: another would have no Rust, and build the library anew.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.environ["HOME"]
c.Spawner.notebook_dir = folder
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
