# SPDX-License-Identifier: Apache-2.0
"""The Pod Security Standard "restricted", which includes "baseline", over a pod's spec.

Each rule carries the id of the check that Kubernetes enforces it with: the files check_*.go of
k8s.io/pod-security-admission/policy. Fields are in doc "Pod Security Standards" of kubernetes.io.
Rules for Windows pods are left out: the gate is a Linux program.
"""
# restrictedVolumes; image since Kubernetes 1.33 (pull request 130394).
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image",
           "persistentVolumeClaim", "projected", "secret"}
# sysctls
SYSCTLS = {"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
           "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
           "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
           "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
           "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
# seLinuxOptions
SELINUX = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
SECCOMP = {"RuntimeDefault", "Localhost"}
APPARMOR = {None, "RuntimeDefault", "Localhost"}


def _pod_rules(spec, context):
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        yield "hostNamespaces", not spec.get(field), f"{field} is true"
    for volume in spec.get("volumes") or []:
        kinds = set(volume) - {"name"}
        yield "hostPathVolumes", "hostPath" not in kinds, f"volume {volume['name']} is a hostPath"
        yield "restrictedVolumes", kinds <= VOLUMES, f"volume {volume['name']} is {kinds}"
    for sysctl in context.get("sysctls") or []:
        yield "sysctls", sysctl["name"] in SYSCTLS, f"sysctl {sysctl['name']}"


def _either(own, pod, key):
    """The container's setting, else the pod's."""
    return own[key] if key in own else pod.get(key)


def _container_rules(container, own, pod):
    capabilities = own.get("capabilities") or {}
    yield "privileged", not own.get("privileged"), "privileged is true"
    yield "capabilities_restricted", "ALL" in (capabilities.get("drop") or []), "ALL not dropped"
    yield ("capabilities_restricted", set(capabilities.get("add") or []) <= {"NET_BIND_SERVICE"},
           f"adds {capabilities.get('add')}")
    yield ("allowPrivilegeEscalation", own.get("allowPrivilegeEscalation") is False,
           "allowPrivilegeEscalation is not false")
    yield "runAsNonRoot", _either(own, pod, "runAsNonRoot") is True, "runAsNonRoot is not true"
    yield "runAsUser", _either(own, pod, "runAsUser") != 0, "runAsUser is 0"
    profile = _either(own, pod, "seccompProfile") or {}
    yield "seccompProfile_restricted", profile.get("type") in SECCOMP, f"seccomp {profile}"
    yield "procMount", own.get("procMount", "Default") == "Default", "procMount is set"
    options = _either(own, pod, "seLinuxOptions") or {}
    yield ("seLinuxOptions", options.get("type") in SELINUX and not options.get("user")
           and not options.get("role"), f"seLinuxOptions {options}")
    profile = _either(own, pod, "appArmorProfile") or {}
    yield "appArmorProfile", profile.get("type") in APPARMOR, f"AppArmor {profile}"
    for port in container.get("ports") or []:
        yield "hostPorts", not port.get("hostPort"), f"hostPort {port.get('hostPort')}"
    handlers = [container.get("lifecycle", {}).get(name, {}) for name in ("postStart", "preStop")]
    handlers += [container.get(f"{name}Probe") or {} for name in ("liveness", "readiness",
                                                                  "startup")]
    # hostProbesAndhostLifecycle, since Kubernetes 1.34
    for handler in handlers:
        for way in ("httpGet", "tcpSocket"):
            yield ("hostProbesAndhostLifecycle", not (handler.get(way) or {}).get("host"),
                   f"{way} names a host")


def faults(spec):
    """What "restricted" refuses in a pod's spec: lines, each with its check's id."""
    pod = spec.get("securityContext") or {}
    found = [f"{rule}: {what}" for rule, holds, what in _pod_rules(spec, pod) if not holds]
    for container in (spec.get("initContainers") or []) + spec["containers"]:
        own = container.get("securityContext") or {}
        found += [f"{container['name']}: {rule}: {what}"
                  for rule, holds, what in _container_rules(container, own, pod) if not holds]
    return found
