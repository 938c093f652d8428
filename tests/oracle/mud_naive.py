# SPDX-License-Identifier: GPL-2.0-or-later
"""A naive reading of MUD files (RFC 8520), written from its text and from what docs/ostiary-policy-import-mud.1.md says about
the field's dialect. It shares nothing with the product: it interprets the file anew for every flow.

A flow is asked for by its opening packet: allows(mud, site, flow) -> True or False.
"""
import ipaddress

DNS, NTP = "urn:ietf:params:mud:dns", "urn:ietf:params:mud:ntp"
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
HEADERS = {0, 43, 44, 60, 135, 139, 140}  # IPv6 extension headers


class Site:
    """What the policy says of the symbols."""

    def __init__(self, local=(), resolvers=(), ntp=(), controllers=None, mine=None):
        self.local = [ipaddress.ip_network(n) for n in local]
        self.resolvers = [ipaddress.ip_network(n) for n in resolvers]
        self.ntp = [ipaddress.ip_network(n) for n in ntp]
        self.controllers = {k: [ipaddress.ip_network(n) for n in v] for k, v in (controllers or {}).items()}
        self.mine = [ipaddress.ip_network(n) for n in mine or ()]


class Flow:
    """direction: to (the device opens) or from; the far end by address, with the name it was asked by and the MUD URL of the
    device behind it, if any; value: port, (type, code), or None."""

    def __init__(self, direction, protocol, value, address, name=None, url=None):
        self.direction, self.protocol, self.value = direction, protocol, value
        self.address = ipaddress.ip_address(address)
        self.name, self.url = name, url

    def __repr__(self):
        return f"{self.direction} {self.protocol} {self.value} {self.address} {self.name} {self.url}"


def short(key):
    """A member's name without its module."""
    head, colon, tail = key.partition(":")
    return tail if colon and head in ("ietf-mud", "ietf-acldns", "ietf-access-control-list") else key


def plain(tree):
    if isinstance(tree, dict):
        return {short(k): plain(v) for k, v in tree.items()}
    if isinstance(tree, list):
        return [plain(v) for v in tree]
    return tree


def authority(url):
    host = url.split("://", 1)[1].split("/", 1)[0].split("?", 1)[0].lower()
    return host[:-4] if host.endswith(":443") else host


def network(text):
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def on_link(net):
    if net.version == 4:
        return net.subnet_of(ipaddress.ip_network("224.0.0.0/4")) or str(net) == "255.255.255.255/32" or \
            net.subnet_of(ipaddress.ip_network("169.254.0.0/16"))
    return net.subnet_of(ipaddress.ip_network("ff00::/8")) or net.subnet_of(ipaddress.ip_network("fe80::/10"))


def group(net):
    return on_link(net) and not (net.subnet_of(ipaddress.ip_network("169.254.0.0/16")) if net.version == 4
                                 else net.subnet_of(ipaddress.ip_network("fe80::/10")))


def ports(leaf):
    """None: every one; else a predicate, and what makes two leaves alike."""
    if leaf is None:
        return None
    if "lower-port" in leaf:
        lo, hi = leaf["lower-port"], leaf["upper-port"]
        return frozenset(range(lo, hi + 1))
    p, op = leaf["port"], leaf.get("operator", "eq")
    if op == "eq":
        return frozenset([p])
    test = {"neq": lambda x: x != p, "lt": lambda x: x < p, "lte": lambda x: x <= p, "gt": lambda x: x > p, "gte": lambda x: x >= p}[op]
    return frozenset(x for x in range(65536) if test(x))


class Ace:
    def __init__(self, mud, inbound, kind, ace):
        m = plain(ace.get("matches", {}))
        self.name, self.inbound, self.opening = ace["name"], inbound, None
        self.drop = short(ace["actions"]["forwarding"]) in ("drop", "reject")
        ip = m.get("ipv4") or m.get("ipv6") or {}
        eth = m.get("eth", {})
        self.ethertype = int(eth["ethertype"], 16) if "ethertype" in eth else None
        self.version = 4 if "ipv4" in m or self.ethertype == 0x0800 else 6 if "ipv6" in m or self.ethertype == 0x86dd else \
            4 if kind == "ipv4-acl-type" else 6 if kind == "ipv6-acl-type" else None
        if self.ethertype in (0x0800, 0x86dd):
            self.ethertype = None
        self.broadcast = eth.get("destination-mac-address", "").lower() == "ff:ff:ff:ff:ff:ff"
        self.protocol = ip.get("protocol")
        transport = {}
        for word, number in (("tcp", TCP), ("udp", UDP), ("icmp", ICMP6 if self.version == 6 else ICMP)):
            if word in m:
                self.protocol, transport = number, m[word]
        near, far = ("destination", "source") if inbound else ("source", "destination")
        self.far_port, self.near_port = ports(transport.get(far + "-port")), ports(transport.get(near + "-port"))
        self.initiated = transport.get("direction-initiated")
        self.type, self.code = transport.get("type"), transport.get("code")
        self.host = ip.get("src-dnsname" if inbound else "dst-dnsname")
        text = ip.get(f"{far}-ipv{self.version}-network")
        self.bad = (text is not None and not self.sound(text)) or f"{near}-ipv{self.version}-network" in ip
        self.net = network(text) if text else None
        self.bad = self.bad or (inbound and self.net is not None and group(self.net))  # nobody sends from there
        self.cls = {k: v for k, v in m.get("mud", {}).items() if k != "local-networks"}
        self.local = "local-networks" in m.get("mud", {})
        if "same-manufacturer" in self.cls:
            self.cls = {"manufacturer": authority(mud["mud-url"])}

    def sound(self, text):
        net = network(text)
        return net is not None and net.version == self.version and not net.is_loopback

    def peer_key(self):
        return (self.version, self.host and self.host.lower(), str(self.net), str(self.cls), self.local, self.broadcast)

    def is_device(self):
        return "manufacturer" in self.cls or "model" in self.cls

    def mirrors(self, other):
        answer = {ICMP: {8: 0, 0: 8}, ICMP6: {128: 129, 129: 128}}.get(self.protocol, {})
        return self.inbound != other.inbound and not other.drop and not other.bad and self.peer_key() == other.peer_key() and \
            self.protocol == other.protocol and self.far_port == other.far_port and self.near_port == other.near_port and \
            answer.get(self.type, self.type) == other.type and self.code == other.code

    def peer_matches(self, site, flow):
        if self.version is not None and flow.address.version != self.version:
            return False
        if self.host is not None:
            return flow.name is not None and flow.name.lower() == self.host.lower()
        if "manufacturer" in self.cls:
            return flow.url is not None and authority(flow.url) == self.cls["manufacturer"].lower()
        if "model" in self.cls:
            return flow.url == self.cls["model"]
        if "my-controller" in self.cls:
            return any(flow.address in n for n in site.mine)
        if "controller" in self.cls:
            uri = self.cls["controller"]
            nets = site.controllers.get(uri, {DNS: site.resolvers, NTP: site.ntp}.get(uri, []))
            return any(flow.address in n for n in nets)
        if self.broadcast and self.net is None:
            last = [n.broadcast_address for n in site.local if n.version == 4 and n.prefixlen <= 30]
            return flow.address in last or str(flow.address) == "255.255.255.255"
        if self.net is not None and flow.address not in self.net:
            return False
        if self.local and not (self.net is not None and on_link(self.net)):
            return any(flow.address in n for n in site.local)
        return True

    def packet_matches(self, site, flow):
        """Is the opening packet one that this ACE is about?"""
        if self.ethertype is not None or self.inbound != (flow.direction == "from") or not self.peer_matches(site, flow):
            return False
        if self.protocol is not None and self.protocol != flow.protocol:
            return False
        if self.protocol in (TCP, UDP):
            target = self.near_port if self.inbound else self.far_port
            return target is None or flow.value in target
        if self.protocol in (ICMP, ICMP6):
            return self.type is None or (flow.value[0] == self.type and (self.code is None or self.code == flow.value[1]))
        return True

    def opens(self, aces):
        """May its packets be the first of a flow?"""
        if self.opening is None:
            self.opening = self.find_opening(aces)
        return self.opening

    def find_opening(self, aces):
        if self.bad or self.ethertype is not None:
            return False
        mates = [a for a in aces if self.mirrors(a)]
        target, source = (self.near_port, self.far_port) if self.inbound else (self.far_port, self.near_port)
        if source is not None and target is None and self.protocol in (TCP, UDP):
            return False
        if self.protocol == TCP:
            said = self.initiated
            if said is None:
                said = next((m.initiated for m in mates if m.initiated), None) if mates else None
                said = "from-device" if said is None and not self.inbound else said
            return said == ("to-device" if self.inbound else "from-device")
        if self.protocol == UDP:
            if target is not None and target == frozenset([67]) and not self.inbound and \
                    (self.broadcast or (self.net is not None and group(self.net))) and self.version != 6:
                return False  # DHCP: the gateway's own affair
            if target == frozenset([547]) and not self.inbound and self.net is not None and group(self.net) and self.version != 4:
                return False
            if self.inbound:
                return target is not None and (source is None or not mates)
            return True
        if self.protocol in (ICMP, ICMP6):
            if self.protocol == ICMP6 and self.type in (130, 131, 132, 133, 134, 135, 136, 137, 143):
                return False
            if self.type in ({3, 4, 5, 11, 12} if self.protocol == ICMP else {1, 2, 3, 4}):
                return False
            if self.type == (0 if self.protocol == ICMP else 129):
                return False
            return True if self.type is not None else not self.inbound or self.is_device()
        if self.protocol == 2 or self.protocol in HEADERS:
            return False
        return not self.inbound or self.is_device()


def aces_of(document):
    """In the order in which they are asked; policies first to last, lists as the policy names them."""
    mud = document["ietf-mud:mud"]
    lists = document.get("ietf-access-control-list:acls") or document.get("ietf-access-control-list:access-lists") or {}
    by_name = {acl["name"]: acl for acl in lists.get("acl", [])}
    out = []
    for policy, inbound in (("from-device-policy", False), ("to-device-policy", True)):
        for ref in mud.get(policy, {}).get("access-lists", {}).get("access-list", []):
            acl = by_name[ref["name"]]
            out += [Ace(mud, inbound, acl.get("type"), ace) for ace in acl.get("aces", {}).get("ace", [])]
    return out


def default_is_dropped(aces, port):
    """A drop of addresses is asked for each flow. Any other that may meet the query or its answer takes the default away."""
    for a in aces:
        meets = a.drop and a.ethertype is None and a.protocol in (None, UDP) and (a.far_port is None or port in a.far_port)
        if meets and (a.inbound or a.near_port is not None or not (a.net or a.local) or a.host or a.cls):
            return True
    return False


def default_allows(aces, site, flow):
    if default_is_dropped(aces, flow.value):
        return False
    return flow.direction == "to" and flow.protocol == UDP and (
        (flow.value == 53 and any(flow.address in n for n in site.controllers.get(DNS, site.resolvers))) or
        (flow.value == 123 and any(flow.address in n for n in site.controllers.get(NTP, site.ntp))))


def allows(aces, site, flow):
    """First match decides; ACEs whose packets are never the first of a flow are passed over; DNS and NTP come last."""
    for ace in aces:
        if not ace.packet_matches(site, flow):
            continue
        if ace.drop:
            return False
        if ace.opens(aces):
            return True
    return default_allows(aces, site, flow)
