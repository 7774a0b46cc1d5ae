// Command example classifies images: go run ./example -labels dog,pizza,umbrella photo.jpg...
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	clip "github.com/clipgrpc/clipgrpc/clients/go/clipgrpc/v1"
)

// Retries honor the server's grpc-retry-pushback-ms.
const serviceConfig = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"methodConfig": [{
		"name": [{"service": "clipgrpc.v1.ClipService"}],
		"retryPolicy": {
			"maxAttempts": 5, "initialBackoff": "0.2s", "maxBackoff": "5s", "backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
		}
	}]
}`

func main() {
	address := flag.String("server", "localhost:50051", "host:port of the server")
	labels := flag.String("labels", "dog,pizza,umbrella", "labels, with commas between")
	flag.Parse()

	connection, err := grpc.NewClient(*address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(serviceConfig),
		// The defaults are 4 MB, and 256 kB: larger requests, such as photos, would not be retried.
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20), grpc.MaxRetryRPCBufferSize(64<<20)))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()

	request := &clip.ClassifyRequest{
		Labels: &clip.ClassifyRequest_LabelSet{LabelSet: &clip.LabelSet{Labels: strings.Split(*labels, ",")}},
	}
	for _, path := range flag.Args() {
		data, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		request.Images = append(request.Images, &clip.Image{Kind: &clip.Image_Encoded{Encoded: data}})
	}

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	response, err := clip.NewClipServiceClient(connection).Classify(ctx, request)
	if err != nil {
		log.Fatalf("%v (%s)", err, reason(err))
	}
	for i, result := range response.Results {
		if result.Error != nil {
			fmt.Printf("%s: %s\n", flag.Arg(i), result.Error.Message)
			continue
		}
		best := result.Predictions[0]
		fmt.Printf("%s: %s %.3f\n", flag.Arg(i), best.Label, best.Probability)
	}
}

// reason returns the name of the ErrorReason of a failed call: branch on it, then on the code.
func reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.Domain == "clipgrpc" {
			return info.Reason
		}
	}
	return ""
}
