// franz-go: every event of the topic, then how many there are.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	client, err := kgo.NewClient(kgo.SeedBrokers(os.Args[1]), kgo.ConsumeTopics(os.Args[2]), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		panic(err)
	}
	var wanted, events, marks, ids int64
	fmt.Sscan(os.Args[3], &wanted)
	for until, stop := context.WithTimeout(context.Background(), 60*time.Second); events+marks < wanted; {
		defer stop()
		fetches := client.PollFetches(until)
		if errs := fetches.Errors(); len(errs) > 0 {
			panic(errs[0].Err)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			var event struct {
				TripID   int64
				Datetime time.Time
				Status   string
			}
			if err := json.Unmarshal(record.Value, &event); err != nil && record.Key != nil {
				panic(err)
			}
			if record.Key == nil {
				marks++
			} else {
				events++
				ids += event.TripID % 1000000007
			}
		})
	}
	fmt.Println("events", events, "marks", marks, "ids", ids)
}
