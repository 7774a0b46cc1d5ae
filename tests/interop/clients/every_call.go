// Every call of the contract from Go: every_call ADDRESS IMAGE PID. Prints `ok - NAME` or `not ok - NAME: WHY`.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/clipgrpc/clipgrpc/clients/go/clipgrpc/v1"
)

const frames = 50

var failed = false

func check(name string, test func() error) {
	if err := test(); err != nil {
		failed = true
		fmt.Printf("not ok - Go: %s: %v\n", name, err)
		return
	}
	fmt.Printf("ok - Go: %s\n", name)
}

func expect(ok bool, format string, values ...interface{}) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, values...)
}

func reason(details []interface{}) string {
	for _, detail := range details {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.Domain == "clipgrpc" {
			return info.Reason
		}
	}
	return ""
}

func main() {
	data, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	server, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	clip, models := pb.NewClipServiceClient(connection), pb.NewModelServiceClient(connection)
	image := &pb.Image{Kind: &pb.Image_Encoded{Encoded: data}}
	text := &pb.Input{Kind: &pb.Input_Text{Text: "a cat"}}
	imageInput := &pb.Input{Kind: &pb.Input_Image{Image: image}}
	noImage := &pb.Input{Kind: &pb.Input_Image{Image: &pb.Image{Kind: &pb.Image_Encoded{Encoded: []byte("no")}}}}
	labels := &pb.LabelSet{Labels: []string{"cat", "dog"}}

	check("Embed, and the detail of an item's error", func() error {
		response, err := clip.Embed(ctx, &pb.EmbedRequest{Inputs: []*pb.Input{text, imageInput, noImage}})
		if err != nil {
			return err
		}
		if n := len(response.Results[1].GetEmbedding().GetValues()); n != 128 {
			return fmt.Errorf("%d dimensions", n)
		}
		got := reason(status.FromProto(response.Results[2].GetError()).Details())
		return expect(got == "UNSUPPORTED_IMAGE", "reason %q", got)
	})
	check("CreateLabelSet and Classify", func() error {
		made, err := clip.CreateLabelSet(ctx, &pb.CreateLabelSetRequest{LabelSet: labels})
		if err != nil {
			return err
		}
		response, err := clip.Classify(ctx, &pb.ClassifyRequest{
			Images: []*pb.Image{image}, Labels: &pb.ClassifyRequest_LabelSetId{LabelSetId: made.Id}})
		if err != nil {
			return err
		}
		n := len(response.Results[0].Predictions)
		return expect(n == 2, "%d predictions", n)
	})
	check("Rank", func() error {
		response, err := clip.Rank(ctx, &pb.RankRequest{Query: text, Candidates: []*pb.Input{imageInput}})
		if err != nil {
			return err
		}
		return expect(len(response.Ranked) == 1, "%d ranked", len(response.Ranked))
	})
	check("EmbedStream", func() error {
		stream, err := clip.EmbedStream(ctx)
		if err != nil {
			return err
		}
		for i := 0; i < 9; i++ {
			if err := stream.Send(&pb.EmbedStreamRequest{Id: strconv.Itoa(i), Input: text}); err != nil {
				return err
			}
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		ids := map[string]bool{}
		for {
			response, err := stream.Recv()
			if err == io.EOF {
				return expect(len(ids) == 9, "%d ids", len(ids))
			}
			if err != nil {
				return err
			}
			ids[response.Id] = true
		}
	})
	config := &pb.ClassifyStreamRequest{Message: &pb.ClassifyStreamRequest_Config{Config: &pb.ClassifyStreamConfig{
		Labels: &pb.ClassifyStreamConfig_LabelSet{LabelSet: labels}}}}
	frame := func(id int) *pb.ClassifyStreamRequest {
		return &pb.ClassifyStreamRequest{
			Message: &pb.ClassifyStreamRequest_Frame{Frame: &pb.Frame{FrameId: uint64(id), Image: image}}}
	}
	check("a ClassifyStream of 50 frames, in order", func() error {
		stream, err := clip.ClassifyStream(ctx)
		if err != nil {
			return err
		}
		sent := make(chan error, 1)
		go func() {
			err := stream.Send(config)
			for i := 0; i < frames && err == nil; i++ {
				err = stream.Send(frame(i))
			}
			if err == nil {
				err = stream.CloseSend()
			}
			sent <- err
		}()
		for i := 0; ; i++ {
			response, err := stream.Recv()
			if err == io.EOF {
				if err := <-sent; err != nil {
					return err
				}
				return expect(i == frames, "%d responses", i)
			}
			if err != nil {
				return err
			}
			if response.FrameId != uint64(i) || len(response.Predictions) != 2 {
				return fmt.Errorf("frame %d: %v", i, response)
			}
		}
	})
	check("ListModels and GetModel", func() error {
		listed, err := models.ListModels(ctx, &pb.ListModelsRequest{})
		if err != nil {
			return err
		}
		got, err := models.GetModel(ctx, &pb.GetModelRequest{})
		if err != nil {
			return err
		}
		return expect(proto.Equal(got, listed.Models[0]), "%v", got)
	})
	check("LoadModel and UnloadModel, and the detail of a call's error", func() error {
		_, loaded := models.LoadModel(ctx, &pb.LoadModelRequest{Source: "demo"})
		_, unloaded := models.UnloadModel(ctx, &pb.UnloadModelRequest{Name: "demo"})
		for _, err := range []error{loaded, unloaded} {
			if got := reason(status.Convert(err).Details()); got != "ROLE_MISSING" {
				return fmt.Errorf("reason %q of %v", got, err)
			}
		}
		return nil
	})
	check("a stream that SIGTERM meets ends with UNAVAILABLE", func() error {
		stream, err := clip.ClassifyStream(ctx)
		if err != nil {
			return err
		}
		if err := stream.Send(config); err != nil {
			return err
		}
		if err := stream.Send(frame(0)); err != nil {
			return err
		}
		if _, err := stream.Recv(); err != nil {
			return err
		}
		if err := syscall.Kill(server, syscall.SIGTERM); err != nil {
			return err
		}
		_, err = stream.Recv()
		return expect(status.Code(err) == codes.Unavailable, "%v", err)
	})
	if failed {
		os.Exit(1)
	}
}
