"""deploy/compose.yaml: what can be known of it without Docker's engine.

With a `docker compose` client that client reads it. Always: it is YAML, every key of a service is one that the
Compose specification has, every name that it refers to is there, images are pinned, and ports are loopback's.
"""

import pathlib
import re
import shutil
import subprocess
import sys

import yaml

PATH = pathlib.Path(__file__).parents[2] / "deploy" / "compose.yaml"

# Compose Specification, "Services top-level element".
SERVICE = set(
    "annotations attach build blkio_config cpu_count cpu_percent cpu_shares cpu_period cpu_quota cpus cpuset "
    "cap_add cap_drop cgroup cgroup_parent command configs container_name credential_spec depends_on deploy "
    "develop device_cgroup_rules devices dns dns_opt dns_search domainname driver_opts entrypoint env_file "
    "environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc "
    "isolation labels label_file links logging mac_address mem_limit mem_reservation mem_swappiness "
    "memswap_limit models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports "
    "post_start pre_stop privileged profiles provider pull_policy read_only restart runtime scale secrets "
    "security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits user "
    "userns_mode uts volumes volumes_from working_dir".split()
)
HEALTH = {"test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"}
TOP = {"name", "services", "networks", "volumes", "configs", "secrets", "include", "models"}
WANTED = {
    "redis", "memcached", "postgres", "mariadb", "rabbitmq", "zookeeper", "nginx", "haproxy",
    "mongo-1", "mongo-2", "mongo-3", "kafka", "cassandra", "neo4j", "kong",
}


def problems(text):
    """Everything wrong with a compose file, one sentence each."""
    file = yaml.safe_load(text)
    found = [f"{key} is no top-level key" for key in set(file) - TOP]
    services, configs = file["services"], file.get("configs", {})
    found += [f"{name} is missing" for name in WANTED - set(services)]
    taken = {}
    for name, service in services.items():
        found += [f"{name}: {key} is no key of a service" for key in set(service) - SERVICE]
        found += [f"{name}: {key} is no key of a health check" for key in set(service.get("healthcheck", {})) - HEALTH]
        if not re.fullmatch(r"[a-z0-9./-]+:[a-z0-9.-]+", service.get("image", "")) or ":latest" in service["image"]:
            found.append(f"{name}: the image is not pinned")
        for config in service.get("configs", []):
            if config["source"] not in configs:
                found.append(f"{name}: there is no config {config['source']}")
        for other in service.get("depends_on", []):
            if other not in services:
                found.append(f"{name}: there is no service {other}")
            elif not set(service.get("profiles", [])) <= set(services[other].get("profiles", service.get("profiles", []))):
                found.append(f"{name}: {other} is not started with it")
        for value in (service.get("environment") or {}).values():
            if not isinstance(value, str):
                found.append(f"{name}: the environment is text, not {value!r}")
        for port in service.get("ports", []):
            match = re.fullmatch(r"127\.0\.0\.1:(\d+):\d+", str(port))
            if not match:
                found.append(f"{name}: the port {port} is not of this machine only")
            elif match[1] in taken:
                found.append(f"{name}: the port {match[1]} is that of {taken[match[1]]} too")
            else:
                taken[match[1]] = name
    for name, config in configs.items():
        if not config.get("content"):
            found.append(f"the config {name} is empty")
    return found


def main():
    text = PATH.read_text()
    checks = {"compose file holds together": problems(text)}
    # A check that never fails checks nothing.
    broken = text.replace("127.0.0.1:6379:6379", "6379:6379").replace("source: kong", "source: king")
    broken = broken.replace("image: redis:7.4", "image: redis").replace("healthcheck:", "health:", 1)
    caught = problems(broken)
    checks["broken compose file is caught"] = [] if len(caught) >= 4 else [f"only {caught} found"]
    kong = yaml.safe_load(yaml.safe_load(text)["configs"]["kong"]["content"])
    checks["Kong's routes are there"] = [] if kong["services"][0]["routes"] else ["none"]
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        command = ["docker", "compose", "--file", str(PATH), "--profile", "*", "config", "--quiet"]
        result = subprocess.run(command, capture_output=True, text=True)
        checks["docker compose reads it"] = [result.stderr] if result.returncode else []
    for name, wrong in checks.items():
        print(f"FAILED {name}: {'; '.join(wrong)}" if wrong else f"ok  {name}")
    sys.exit(any(checks.values()))


if __name__ == "__main__":
    main()
