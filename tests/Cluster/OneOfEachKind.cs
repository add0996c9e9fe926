namespace Dataplane.Tests.Cluster;

/// <summary>
/// One object of each kind that is read, with every field that is read, as kubectl orders the fields.
/// </summary>
internal static class OneOfEachKind
{
    public const string Yaml = """
        apiVersion: v1
        items:
        - apiVersion: v1
          kind: Node
          metadata:
            annotations:
              flannel.alpha.coreos.com/backend-data: '{"VNI":1,"VtepMAC":"5e:c0:a8:38:0b:01"}'
            labels: {zone: "1"}
            name: node-1
          spec: {podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24, "fd00:1::/64"]}
          status:
            addresses:
            - {address: 192.168.56.11, type: InternalIP}
            - {address: 203.0.113.9, type: ExternalIP}
            - {address: node-1, type: Hostname}
        - apiVersion: v1
          kind: Namespace
          metadata: {labels: {team: payments}, name: shop}
        - apiVersion: v1
          kind: Pod
          metadata:
            labels: {app: web}
            managedFields:
            - fieldsV1: {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}}
            name: web-1
            namespace: shop
            ownerReferences: null
          spec:
            containers:
            - name: web
              ports:
              - {containerPort: 8080, name: http, protocol: TCP}
              - containerPort: 5353
                protocol: UDP
            initContainers:
            - name: sidecar
              ports: [{containerPort: 9901}]
              restartPolicy: Always
            - name: prepare
              ports: [{containerPort: 9999}]
            nodeName: node-1
          status:
            phase: Running
            podIP: 10.244.1.5
            podIPs: [{ip: 10.244.1.5}, {ip: "fd00:1::5"}]
        - apiVersion: v1
          kind: Service
          metadata: {name: web, namespace: shop}
          spec:
            clusterIP: 10.96.0.10
            clusterIPs: [10.96.0.10, "fd00:96::10"]
            externalIPs: [198.51.100.7]
            externalTrafficPolicy: Local
            healthCheckNodePort: 32000
            internalTrafficPolicy: Local
            loadBalancerSourceRanges: [203.0.113.0/24]
            ports:
            - {name: http, nodePort: 30080, port: 80, targetPort: http}
            - {name: dns, port: 53, protocol: UDP, targetPort: 5353}
            publishNotReadyAddresses: true
            selector: {app: web}
            sessionAffinity: ClientIP
            sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}
            trafficDistribution: PreferClose
            type: LoadBalancer
          status: {loadBalancer: {ingress: [{ip: 198.51.100.8}, {hostname: lb.example}]}}
        - addressType: IPv4
          apiVersion: discovery.k8s.io/v1
          endpoints:
          - addresses: [10.244.1.5]
            conditions: {ready: null}
            hints: {forZones: [{name: a}]}
            nodeName: node-1
            targetRef: {kind: Pod, name: web-1}
            zone: a
          - addresses: [10.244.1.6]
            conditions: {ready: false, terminating: true}
          kind: EndpointSlice
          metadata: {labels: {kubernetes.io/service-name: web}, name: web-x, namespace: shop}
          ports: [{name: http, port: 8080, protocol: TCP}]
        - apiVersion: v1
          kind: Endpoints
          metadata: {name: old, namespace: shop}
          subsets:
          - addresses: [{ip: 10.244.1.7, nodeName: node-1}]
            notReadyAddresses: [{ip: 10.244.1.8}]
            ports: [{port: 80}]
        - apiVersion: v1
          kind: Endpoints
          metadata: {name: web, namespace: shop}
          subsets:
          - addresses: [{ip: 10.244.1.5}]
        - apiVersion: networking.k8s.io/v1
          kind: NetworkPolicy
          metadata: {name: only-web, namespace: shop}
          spec:
            egress:
            - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
            ingress:
            - from:
              - namespaceSelector: {}
                podSelector:
                  matchExpressions: [{key: app, operator: In, values: [web, api]}]
              ports:
              - {endPort: 8090, port: 8080, protocol: TCP}
              - {port: http}
            podSelector: {matchLabels: {app: db}}
            policyTypes: [Ingress, Egress]
        - apiVersion: policy.networking.k8s.io/v1alpha1
          kind: AdminNetworkPolicy
          metadata: {name: wall}
          spec:
            egress:
            - {action: Pass, to: [{nodes: {matchLabels: {zone: "1"}}}]}
            - {action: Allow, to: [{networks: [203.0.113.0/24, "fd00::/8"]}]}
            ingress:
            - action: Deny
              from:
              - namespaces: {matchExpressions: [{key: env, operator: In, values: [dev]}]}
              - pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}
              name: not-from-dev
              ports:
              - portNumber: {port: 5432, protocol: TCP}
              - portRange: {end: 5010, protocol: UDP, start: 5000}
              - namedPort: sql
            priority: 10
            subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}}
        - apiVersion: policy.networking.k8s.io/v1alpha1
          kind: BaselineAdminNetworkPolicy
          metadata: {name: default}
          spec:
            ingress: [{action: Deny, from: [{namespaces: {}}]}]
            subject: {namespaces: {}}
        - apiVersion: v1
          data: {net-conf.json: "{ \"Network\": \"10.244.0.0/16\" }\n"}
          kind: ConfigMap
          metadata: {name: kube-flannel-cfg, namespace: kube-flannel}
        - apiVersion: v1
          data: {key: value}
          kind: ConfigMap
          metadata: {name: app-settings, namespace: shop}
        - apiVersion: cilium.io/v2
          kind: CiliumNetworkPolicy
          metadata: {name: l7, namespace: shop}
        kind: List
        metadata: {resourceVersion: ""}
        """;

    public const string Json = """
        {"apiVersion":"v1","items":[
        {"apiVersion":"v1","kind":"Node","metadata":{"annotations":{"flannel.alpha.coreos.com\/backend-data":"{\"VNI\":1,\"VtepMAC\":\"5e:c0:a8:38:0b:01\"}"},"labels":{"zone":"1"},"name":"node-1"},"spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24","fd00:1::/64"]},"status":{"addresses":[{"address":"192.168.56.11","type":"InternalIP"},{"address":"203.0.113.9","type":"ExternalIP"},{"address":"node-1","type":"Hostname"}]}},
        {"apiVersion":"v1","kind":"Namespace","metadata":{"labels":{"team":"payments"},"name":"shop"}},
        {"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"app":"web"},"managedFields":[{"fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:app":{}}}}}],"name":"web-1","namespace":"shop","ownerReferences":null},
         "spec":{"containers":[{"name":"web","ports":[{"containerPort":8080,"name":"http","protocol":"TCP"},{"containerPort":5353,"protocol":"UDP"}]}],"initContainers":[{"name":"sidecar","ports":[{"containerPort":9901}],"restartPolicy":"Always"},{"name":"prepare","ports":[{"containerPort":9999}]}],"nodeName":"node-1"},
         "status":{"phase":"Running","podIP":"10.244.1.5","podIPs":[{"ip":"10.244.1.5"},{"ip":"fd00:1::5"}]}},
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},"spec":{"clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10","fd00:96::10"],"externalIPs":["198.51.100.7"],"externalTrafficPolicy":"Local","healthCheckNodePort":32000,"internalTrafficPolicy":"Local","loadBalancerSourceRanges":["203.0.113.0/24"],
         "ports":[{"name":"http","nodePort":30080,"port":80,"targetPort":"http"},{"name":"dns","port":53,"protocol":"UDP","targetPort":5353}],"publishNotReadyAddresses":true,"selector":{"app":"web"},"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":600}},"trafficDistribution":"PreferClose","type":"LoadBalancer"},"status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.8"},{"hostname":"lb.example"}]}}},
        {"addressType":"IPv4","apiVersion":"discovery.k8s.io/v1","endpoints":[{"addresses":["10.244.1.5"],"conditions":{"ready":null},"hints":{"forZones":[{"name":"a"}]},"nodeName":"node-1","targetRef":{"kind":"Pod","name":"web-1"},"zone":"a"},{"addresses":["10.244.1.6"],"conditions":{"ready":false,"terminating":true}}],"kind":"EndpointSlice","metadata":{"labels":{"kubernetes.io/service-name":"web"},"name":"web-x","namespace":"shop"},"ports":[{"name":"http","port":8080,"protocol":"TCP"}]},
        {"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"old","namespace":"shop"},"subsets":[{"addresses":[{"ip":"10.244.1.7","nodeName":"node-1"}],"notReadyAddresses":[{"ip":"10.244.1.8"}],"ports":[{"port":80}]}]},
        {"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"web","namespace":"shop"},"subsets":[{"addresses":[{"ip":"10.244.1.5"}]}]},
        {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"only-web","namespace":"shop"},"spec":{"egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}]}],"ingress":[{"from":[{"namespaceSelector":{},"podSelector":{"matchExpressions":[{"key":"app","operator":"In","values":["web","api"]}]}}],"ports":[{"endPort":8090,"port":8080,"protocol":"TCP"},{"port":"http"}]}],"podSelector":{"matchLabels":{"app":"db"}},"policyTypes":["Ingress","Egress"]}},
        {"apiVersion":"policy.networking.k8s.io/v1alpha1","kind":"AdminNetworkPolicy","metadata":{"name":"wall"},"spec":{"egress":[{"action":"Pass","to":[{"nodes":{"matchLabels":{"zone":"1"}}}]},{"action":"Allow","to":[{"networks":["203.0.113.0\/24","fd00::\/8"]}]}],"ingress":[{"action":"Deny","from":[{"namespaces":{"matchExpressions":[{"key":"env","operator":"In","values":["dev"]}]}},{"pods":{"namespaceSelector":{},"podSelector":{"matchLabels":{"app":"web"}}}}],"name":"not-from-dev","ports":[{"portNumber":{"port":5432,"protocol":"TCP"}},{"portRange":{"end":5010,"protocol":"UDP","start":5000}},{"namedPort":"sql"}]}],"priority":10,"subject":{"pods":{"namespaceSelector":{},"podSelector":{"matchLabels":{"app":"db"}}}}}},
        {"apiVersion":"policy.networking.k8s.io/v1alpha1","kind":"BaselineAdminNetworkPolicy","metadata":{"name":"default"},"spec":{"ingress":[{"action":"Deny","from":[{"namespaces":{}}]}],"subject":{"namespaces":{}}}},
        {"apiVersion":"v1","data":{"net-conf.json":"{ \"Network\": \"10.244.0.0\u002f16\" }\n"},"kind":"ConfigMap","metadata":{"name":"kube-flannel-cfg","namespace":"kube-flannel"}},
        {"apiVersion":"v1","data":{"key":"value"},"kind":"ConfigMap","metadata":{"name":"app-settings","namespace":"shop"}},
        {"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"l7","namespace":"shop"}}],
        "kind":"List","metadata":{"resourceVersion":""}}
        """;
}
