#!/usr/bin/env python3
"""Makes the captures of pcaps/zero-trust anew: pods as network namespaces, Services and policies as iptables rules.

Needs root, iproute2, iptables and tcpdump; writes into the folder that it is given. The kernel's timestamps, ports
and sequence numbers differ from run to run: what is sent, and what arrives, does not.

    tools/zero-trust-lab.py /tmp/zero-trust
"""

import ctypes
import os
import socket
import struct
import subprocess
import sys
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PREFIX = "zt-"
NODES = {"node-1": ("192.168.56.11", "10.244.1", "0a:58:0a:f4:01:01"), "node-2": ("192.168.56.12", "10.244.2", "0a:58:0a:f4:02:01")}
PODS = {
    "ingress": ("node-1", "10.244.1.5"),
    "coredns": ("node-1", "10.244.1.6"),
    "frontend": ("node-1", "10.244.1.10"),
    "attacker": ("node-1", "10.244.1.66"),
    "backend": ("node-2", "10.244.2.11"),
    "database": ("node-2", "10.244.2.12"),
}
SERVICES = [
    ("udp", "10.96.0.10", 53, "10.244.1.6", 53),
    ("tcp", "10.96.11.80", 80, "10.244.1.10", 8080),
    ("tcp", "10.96.12.90", 8080, "10.244.2.11", 9000),
    ("tcp", "10.96.13.54", 5432, "10.244.2.12", 5432),
]
NAMES = {"frontend": "10.96.11.80", "backend": "10.96.12.90", "database": "10.96.13.54"}
SHOP = ["10.244.1.10", "10.244.2.11", "10.244.2.12"]

# What the NetworkPolicies of cluster.yaml come to: source, destination, protocol, port behind translation.
ALLOWED = [
    ("10.244.1.5", "10.244.1.10", "tcp", 8080),
    ("10.244.1.10", "10.244.2.11", "tcp", 9000),
    ("10.244.2.11", "10.244.2.12", "tcp", 5432),
] + [(pod, "10.244.1.6", "udp", 53) for pod in SHOP]


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def inside(name, *command):
    run("ip", "netns", "exec", PREFIX + name, *command)


def enter(name):
    """Moves this thread into a namespace."""
    with open(f"/var/run/netns/{PREFIX}{name}") as handle:
        if LIBC.setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def veth(left, left_device, right, right_device):
    run("ip", "link", "add", left_device, "netns", PREFIX + left, "type", "veth", "peer", "name", right_device, "netns", PREFIX + right)


def build():
    for name in [*NODES, *PODS, "internet"]:
        run("ip", "netns", "add", PREFIX + name)
        inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        inside(name, "ip", "link", "set", "lo", "up")

    veth("node-1", "eth0", "node-2", "eth0")
    for node, (address, _, _) in NODES.items():
        inside(node, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.all.send_redirects=0")
        inside(node, "ip", "address", "add", address + "/24", "dev", "eth0")
        inside(node, "ip", "link", "set", "eth0", "up")
    inside("node-1", "ip", "route", "add", "10.244.2.0/24", "via", NODES["node-2"][0])
    inside("node-2", "ip", "route", "add", "10.244.1.0/24", "via", NODES["node-1"][0])

    for pod, (node, address) in PODS.items():
        _, prefix, gateway_mac = NODES[node]
        device = "veth-" + pod
        veth(pod, "eth0", node, device)
        octets = address.split(".")
        inside(pod, "ip", "link", "set", "eth0", "address", "0a:58:" + ":".join(f"{int(octet):02x}" for octet in octets), "mtu", "1450", "up")
        inside(node, "ip", "link", "set", device, "address", gateway_mac, "mtu", "1450", "up")
        inside(pod, "ip", "address", "add", address + "/32", "dev", "eth0")
        inside(pod, "ip", "route", "add", "default", "via", prefix + ".1", "dev", "eth0", "onlink")
        inside(pod, "ip", "neighbour", "add", prefix + ".1", "lladdr", gateway_mac, "dev", "eth0")
        inside(pod, "ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off")
        inside(node, "ip", "route", "add", address + "/32", "dev", device)

    veth("internet", "eth0", "node-2", "world")
    inside("internet", "ip", "address", "add", "198.51.100.23/24", "dev", "eth0")
    inside("internet", "ip", "link", "set", "eth0", "up")
    inside("internet", "ip", "route", "add", "default", "via", "198.51.100.1")
    inside("node-2", "ip", "address", "add", "198.51.100.1/24", "dev", "world")
    inside("node-2", "ip", "link", "set", "world", "up")

    for node in NODES:
        for protocol, address, port, backend, target in SERVICES:
            inside(node, "iptables", "-t", "nat", "-A", "PREROUTING", "-d", address, "-p", protocol, "--dport", str(port),
                   "-j", "DNAT", "--to-destination", f"{backend}:{target}")
        inside(node, "iptables", "-A", "FORWARD", "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT")
        for source, destination, protocol, port in ALLOWED:
            inside(node, "iptables", "-A", "FORWARD", "-s", source, "-d", destination, "-p", protocol, "--dport", str(port), "-j", "ACCEPT")
        for pod in SHOP:
            inside(node, "iptables", "-A", "FORWARD", "-s", pod, "-j", "DROP")
            inside(node, "iptables", "-A", "FORWARD", "-d", pod, "-j", "DROP")


def destroy():
    for name in [*NODES, *PODS, "internet"]:
        subprocess.run(["ip", "netns", "delete", PREFIX + name], stderr=subprocess.DEVNULL)


def serve(name, work):
    started = threading.Event()

    def body():
        enter(name)
        work(started)

    threading.Thread(target=body, daemon=True).start()
    started.wait()


def listen(address, port, started):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    server.listen()
    started.set()
    while True:
        yield server.accept()[0]


def dns(started):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("10.244.1.6", 53))
    started.set()
    while True:
        query, client = server.recvfrom(512)
        length = query[12]
        address = NAMES.get(query[13:13 + length].decode())
        flags = 0x8580 if address else 0x8583
        answer = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if address else 0, 0, 0) + query[12:]
        if address:
            answer += struct.pack("!HHHIH", 0xC00C, 1, 1, 5, 4) + socket.inet_aton(address)
        server.sendto(answer, client)


def ask_dns(server, *labels):
    question = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(2)
    client.sendto(struct.pack("!HHHHHH", 0x5A54, 0x0100, 1, 0, 0, 0) + question + struct.pack("!HH", 1, 1), (server, 53))
    return client


def resolve(name):
    client = ask_dns("10.96.0.10", name, "shop", "svc", "cluster", "local")
    return socket.inet_ntoa(client.recv(512)[-4:])


def ask(address, port, request):
    with socket.create_connection((address, port), timeout=3) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(4096):
            answer += part
        return answer


def answer_all(address, port, reply):
    def work(started):
        for client in listen(address, port, started):
            request = b""
            while part := client.recv(4096):
                request += part
            client.sendall(reply(request))
            client.close()

    return work


def try_to_reach(address, port):
    """A few SYNs that nobody answers."""
    client = socket.socket()
    client.settimeout(3.5)
    try:
        client.connect((address, port))
        return "reached"
    except OSError:
        return "no answer"
    finally:
        client.close()


def request():
    address = resolve("frontend")
    page = ask(address, 80, b"GET /cart HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
    assert page.endswith(b"3 items"), page
    return "3 items"


def unknown_to_database():
    return [try_to_reach(resolve("database"), 5432), try_to_reach("10.244.2.12", 5432)]


def frontend_to_database():
    return [try_to_reach(resolve("database"), 5432), try_to_reach("10.244.2.12", 5432)]


def database_to_internet():
    ask_dns("198.51.100.23", "alice-4711", "customers", "example", "net").close()
    return try_to_reach("198.51.100.23", 443)


def in_pod(pod, work):
    result = []

    def body():
        enter(pod)
        result.append(work())

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    return result[0] if result else "failed"


def records(path):
    with open(path, "rb") as handle:
        data = handle.read()
    at = 24
    while at < len(data):
        seconds, nanoseconds, captured, original = struct.unpack_from("<IIII", data, at)
        yield (seconds, nanoseconds), data[at:at + 16 + captured]
        at += 16 + captured


def capture(folder, name, pod, work):
    watchers = []
    for watched in PODS:
        for direction in ("out", "in"):
            path = os.path.join(folder, f"{name}.{watched}.{direction}")
            command = ["ip", "netns", "exec", PREFIX + watched, "tcpdump", "-Z", "root", "-U", "-i", "eth0", "-Q", direction,
                       "--time-stamp-precision=nano", "-w", path, "ip"]
            watchers.append((direction, path, subprocess.Popen(command, stderr=subprocess.DEVNULL)))
    time.sleep(1.5)
    print(f"{name}: {in_pod(pod, work)}")
    time.sleep(1)
    for _, _, process in watchers:
        process.terminate()
        process.wait()
    sent = [record for direction, path, _ in watchers if direction == "out" for record in records(path)]
    delivered = [record for direction, path, _ in watchers if direction == "in" for record in records(path)]
    write(folder, name, sent)
    for _, path, _ in watchers:
        os.remove(path)
    return delivered


def write(folder, name, frames):
    with open(os.path.join(folder, name + ".pcap"), "wb") as handle:
        handle.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for _, record in sorted(frames):
            handle.write(record)


def main():
    if len(sys.argv) != 2 or os.geteuid() != 0:
        sys.exit("usage, as root: tools/zero-trust-lab.py FOLDER")
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    destroy()
    try:
        build()
        serve("coredns", dns)
        serve("database", answer_all("10.244.2.12", 5432, lambda query: b"3"))
        serve("backend", answer_all("10.244.2.11", 9000, lambda query: b"cart: " + ask(resolve("database"), 5432, b"SELECT count(*) FROM cart")))
        serve("frontend", answer_all(
            "10.244.1.10", 8080,
            lambda query: b"HTTP/1.1 200 OK\r\n\r\n" + ask(resolve("backend"), 8080, b"GET /cart")[6:] + b" items"))
        delivered = capture(folder, "request", "ingress", request)
        delivered += capture(folder, "unknown-to-database", "attacker", unknown_to_database)
        delivered += capture(folder, "frontend-to-database", "frontend", frontend_to_database)
        delivered += capture(folder, "database-to-internet", "database", database_to_internet)
        write(folder, "delivered", delivered)
    finally:
        destroy()


if __name__ == "__main__":
    main()
