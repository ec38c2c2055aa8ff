# SPDX-License-Identifier: Apache-2.0
"""As much of an API server as kubectl needs to show a blocked pod and to apply a manifest.

The pod is one that the driver ran: its exit code, termination message and log are the gate's own;
around them stands what the kubelet and the Deployment controller write for such a pod. All that
`kubectl describe`, `logs`, `rollout status` and `-o` print is kubectl's; the columns of `kubectl
get` are the server's (printPod of pkg/printers/internalversion/printers.go), so they are made here.
"""
import copy
import datetime
import http.server
import json
import threading
import urllib.parse

RESOURCES = {  # group and version: (resource, kind) of what the documents apply or look at
    "v1": [("pods", "Pod"), ("configmaps", "ConfigMap"), ("events", "Event"),
           ("namespaces", "Namespace")],
    "apps/v1": [("deployments", "Deployment"), ("statefulsets", "StatefulSet"),
                ("replicasets", "ReplicaSet")],
    "batch/v1": [("jobs", "Job"), ("cronjobs", "CronJob")],
}
POD = "server-7c9d5f8b64-x2x9k"
RESTARTS = 3


def _ago(seconds):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now - datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def blocked_pod(template, result):
    """The Pod of a workload's template after the driver's result, once its gate failed again."""
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": copy.deepcopy(template["spec"]),
           "metadata": {**copy.deepcopy(template["metadata"]), "name": POD,
                        "namespace": "default", "uid": "1", "creationTimestamp": _ago(65)}}
    pod["spec"]["nodeName"] = "node-1"
    containers = {found["name"]: found for found in result["containers"]}
    init = [_status(container, containers[container["name"]])
            for container in pod["spec"]["initContainers"]]
    main = [_status(container, containers[container["name"]])
            for container in pod["spec"]["containers"]]
    conditions = [{"type": "Initialized", "status": "False", "reason": "ContainersNotInitialized",
                   "message": "containers with incomplete status: [gate]"},
                  {"type": "Ready", "status": "False", "reason": "ContainersNotReady"}]
    pod["status"] = {"phase": "Pending", "conditions": conditions, "startTime": _ago(65),
                     "initContainerStatuses": init, "containerStatuses": main}
    return pod


def _status(container, found):
    status = {"name": container["name"], "image": container["image"], "imageID": container["image"],
              "ready": False, "restartCount": 0, "lastState": {}}
    if found["exitCode"] is None:
        return {**status, "state": {"waiting": {"reason": "PodInitializing"}}}
    ended = {"exitCode": found["exitCode"], "message": found["message"],
             "reason": "Completed" if found["exitCode"] == 0 else "Error",
             "startedAt": _ago(21), "finishedAt": _ago(20)}
    if found["exitCode"] == 0:
        return {**status, "ready": True, "state": {"terminated": ended}}
    waiting = {"reason": "CrashLoopBackOff", "message":
               f"back-off 40s restarting failed container={container['name']} pod={POD}_default(1)"}
    return {**status, "restartCount": RESTARTS, "state": {"waiting": waiting},
            "lastState": {"terminated": ended}}


def late_deployment(deployment):
    """The Deployment after its progress deadline, as its controller writes it."""
    late = copy.deepcopy(deployment)
    late["metadata"].update(namespace="default", generation=1, uid="2", resourceVersion="1")
    late["status"] = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "conditions": [
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}
    return late


def _table(pods):
    """What the server answers where kubectl asks for a table."""
    names = ["Name", "Ready", "Status", "Restarts", "Age"]
    columns = [{"name": name, "type": "string", "priority": 0, "format": "", "description": ""}
               for name in names]
    rows = []
    for pod in pods:
        gate = pod["status"]["initContainerStatuses"][-1]
        cells = [pod["metadata"]["name"], f"0/{len(pod['spec']['containers'])}",
                 "Init:" + gate["state"]["waiting"]["reason"],
                 f"{gate['restartCount']} (20s ago)", "65s"]
        rows.append({"cells": cells, "object": {"apiVersion": "meta.k8s.io/v1",
                     "kind": "PartialObjectMetadata", "metadata": pod["metadata"]}})
    return {"apiVersion": "meta.k8s.io/v1", "kind": "Table", "columnDefinitions": columns,
            "rows": rows}


def _discovery(path):
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = [version.split("/") for version in RESOURCES if "/" in version]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
            {"name": group,
             "versions": [{"groupVersion": f"{group}/{version}", "version": version}]}
            for group, version in groups]}
    version = path.removeprefix("/apis/").removeprefix("/api/")
    if version not in RESOURCES:
        return None
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": [
        {"name": name, "singularName": kind.lower(), "kind": kind,
         "verbs": ["get", "list", "create"], "namespaced": kind != "Namespace"}
        for name, kind in RESOURCES[version]]}


class Handler(http.server.BaseHTTPRequestHandler):
    """One request; `server.cluster` is the Cluster."""

    def log_message(self, *_words):
        pass

    def _answer(self, code, body, kind="application/json"):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _watch(self, found):
        """What is there, the bookmark that ends it, and no other event until the client goes."""
        end = {"annotations": {"k8s.io/initial-events-end": "true"}, "resourceVersion": "1"}
        mark = {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": end}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        for event in ({"type": "ADDED", "object": found}, {"type": "BOOKMARK", "object": mark}):
            self.wfile.write(json.dumps(event).encode() + b"\n")
        self.rfile.read(1)

    def do_GET(self):
        cluster, url = self.server.cluster, urllib.parse.urlsplit(self.path)
        found = _discovery(url.path)
        name = url.path.rpartition("/")[2]
        pods = "/api/v1/namespaces/default/pods"
        if found:
            self._answer(200, found)
        elif "watch=true" in url.query:
            self._watch(cluster.deployment)
        elif url.path == pods and "as=Table" in self.headers.get("Accept", ""):
            self._answer(200, _table([cluster.pod]))
        elif url.path == pods:
            self._answer(200, {"kind": "PodList", "apiVersion": "v1", "items": [cluster.pod]})
        elif url.path == f"{pods}/{POD}":
            self._answer(200, cluster.pod)
        elif url.path == f"{pods}/{POD}/log" and url.query.startswith("container=gate"):
            self._answer(200, cluster.log, "text/plain")
        elif name == cluster.deployment["metadata"]["name"] and "/deployments/" in url.path and \
                any(found["kind"] == "Deployment" for found in cluster.applied):
            self._answer(200, cluster.deployment)
        elif name == "deployments":
            self._answer(200, {"kind": "DeploymentList", "apiVersion": "apps/v1",
                               "metadata": {"resourceVersion": "1"},
                               "items": [cluster.deployment]})
        elif name == "events":
            self._answer(200, {"kind": "EventList", "apiVersion": "v1", "items": []})
        else:
            self._answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                               "reason": "NotFound", "code": 404, "message": f"no {self.path}"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.cluster.applied.append(body)
        self._answer(201, body)


class Cluster:
    """`with Cluster(pod, deployment, log) as cluster`: an API server for kubectl.

    applied   what was created here, in order; the Deployment is found once it was applied
    """

    def __init__(self, pod, deployment, log):
        self.pod, self.deployment, self.log = pod, late_deployment(deployment), log
        self.applied = []

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.cluster = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self.server.shutdown()
        self.server.server_close()

    def config(self):
        """The text of a kubeconfig."""
        cluster = {"server": f"http://127.0.0.1:{self.server.server_port}"}
        return json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "c", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]})
