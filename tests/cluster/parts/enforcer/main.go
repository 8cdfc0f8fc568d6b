// Decides about new connections as NetworkPolicies say, with the evaluator of sigs.k8s.io/kube-network-policies: somebody else's
// reading of the standard. Packets reach it through an NFQUEUE that rules of the caller fill (harness/enforcement.sh): the table that
// it writes itself wants an nftables expression that many kernels lack.
package main

import (
	"context"
	"flag"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "access to the cluster")
	node := flag.String("node", "", "the node's name")
	queue := flag.Int("queue", 0, "the number of the NFQUEUE")
	klog.InitFlags(nil)
	flag.Parse()
	klog.Fatal(run(*kubeconfig, networkpolicy.Config{NodeName: *node, QueueID: *queue}))
}

// run ends only with an error. Of the interfaces that are nil, the evaluator wants none without admin policies.
func run(kubeconfig string, config networkpolicy.Config) error {
	access, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return err
	}
	watched := informers.NewSharedInformerFactory(client, 0)
	policies, core := watched.Networking().V1().NetworkPolicies(), watched.Core().V1()
	controller, err := networkpolicy.NewController(client, policies, core.Namespaces(), core.Pods(), nil, nil, nil, nil, config)
	if err != nil {
		return err
	}
	watched.Start(context.Background().Done())
	return controller.Run(context.Background())
}
