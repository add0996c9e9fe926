namespace Dataplane.Tests.Cluster.Cni;

/// <summary>One object of each kind that a CNI keeps, with the fields that are read.</summary>
internal static class OneOfEachCni
{
    public const string Yaml = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        spec: {podCIDRs: [10.0.0.0/24]}
        status: {addresses: [{address: 192.168.1.1, type: InternalIP}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.0.0.7}
        ---
        apiVersion: projectcalico.org/v3
        kind: IPPool
        metadata: {name: pool}
        spec: {cidr: 10.0.0.0/16, ipipMode: CrossSubnet, natOutgoing: true, disabled: true, blockSize: 28}
        ---
        apiVersion: projectcalico.org/v3
        kind: BlockAffinity
        metadata: {name: n1-10-0-0-0-28}
        spec: {cidr: 10.0.0.0/28, node: n1, state: confirmed}
        ---
        apiVersion: crd.projectcalico.org/v1
        kind: IPAMBlock
        metadata: {name: 10-0-0-0-28}
        spec:
          affinity: host:n1
          allocations: [null, 0]
          attributes: [{handle_id: ipip-tunnel-addr-n1, secondary: {node: n1}}]
          cidr: 10.0.0.0/28
        ---
        apiVersion: crd.projectcalico.org/v1
        kind: BGPConfiguration
        metadata: {name: default}
        spec: {asNumber: 1.10, nodeToNodeMeshEnabled: false}
        ---
        apiVersion: crd.projectcalico.org/v1
        kind: FelixConfiguration
        metadata: {name: default}
        spec: {ipipMTU: 1400, vxlanMTU: 0, vxlanPort: 4790, vxlanVNI: 7, bpfEnabled: true}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNode
        metadata: {name: n1}
        spec:
          addresses: [{ip: 192.168.1.1, type: InternalIP}, {ip: 10.0.0.9, type: CiliumInternalIP}]
          ipam:
            podCIDRs: [10.0.0.0/24]
            pools: {allocated: [{pool: default, cidrs: [10.1.0.0/24]}]}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumEndpoint
        metadata: {name: web, namespace: shop}
        status: {identity: {id: 4711, labels: ["k8s:app=web"]}}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumIdentity
        metadata: {name: "4711"}
        security-labels: {"k8s:app": web}
        ---
        apiVersion: network.openshift.io/v1
        kind: HostSubnet
        metadata: {name: n1}
        host: n1
        hostIP: 192.168.1.1
        subnet: 10.0.0.0/23
        ---
        apiVersion: network.openshift.io/v1
        kind: NetNamespace
        metadata: {name: shop}
        netname: shop
        netid: 5
        ---
        apiVersion: network.openshift.io/v1
        kind: ClusterNetwork
        metadata: {name: default}
        clusterNetworks: [{CIDR: 10.0.0.0/14, hostSubnetLength: 9}]
        pluginName: redhat/openshift-ovs-networkpolicy
        vxlanPort: 4799
        mtu: 8000

        """;
}
