// Sarama: every event of the topic, partition by partition.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"
)

func main() {
	consumer, err := sarama.NewConsumer([]string{os.Args[1]}, sarama.NewConfig())
	if err != nil {
		panic(err)
	}
	partitions, err := consumer.Partitions(os.Args[2])
	if err != nil {
		panic(err)
	}
	var wanted, events, marks, ids int64
	fmt.Sscan(os.Args[3], &wanted)
	messages := make(chan *sarama.ConsumerMessage)
	for _, partition := range partitions {
		part, err := consumer.ConsumePartition(os.Args[2], partition, sarama.OffsetOldest)
		if err != nil {
			panic(err)
		}
		go func() {
			for message := range part.Messages() {
				messages <- message
			}
		}()
	}
	for deadline := time.After(60 * time.Second); events+marks < wanted; {
		select {
		case message := <-messages:
			var event struct {
				TripID   int64
				Datetime time.Time
				Status   string
			}
			if message.Key == nil {
				marks++
				continue
			}
			if err := json.Unmarshal(message.Value, &event); err != nil {
				panic(err)
			}
			events++
			ids += event.TripID % 1000000007
		case <-deadline:
			panic("not all within a minute")
		}
	}
	fmt.Println("events", events, "marks", marks, "ids", ids)
}
