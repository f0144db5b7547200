// A plain Go server that does producer-server's job with what one would take off the shelf: net/http, encoding/json, franz-go.
// POST /trips takes events as NDJSON, POST /trip one; each is checked, produced to Kafka, and the reply waits for the acknowledgement.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const bodyMax = 8 << 20

type event struct {
	TripID         int64
	VendorID       int
	Datetime       time.Time
	Status         string
	ZoneID         int
	Longitude      *float64
	Latitude       *float64
	PassengerCount *uint8
	TripDistance   *float64
	PaymentType    *uint8
	FareAmount     *float64
	TipAmount      *float64
	TotalAmount    *float64
}

func (e *event) valid() bool {
	return e.TripID >= 1 && e.TripID < 1<<53 && e.VendorID >= 0 && e.VendorID <= 32767 && !e.Datetime.IsZero() &&
		(e.Status == "start" || e.Status == "end") && e.ZoneID >= 1 && e.ZoneID <= 265 &&
		(e.PaymentType == nil || *e.PaymentType <= 6)
}

type server struct {
	client *kgo.Client
	topic  string
}

func (s *server) trips(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	var waiting sync.WaitGroup
	var failed atomic.Int64
	accepted, refused := 0, 0
	for len(body) > 0 {
		var line []byte
		line, body, _ = bytes.Cut(body, []byte{'\n'})
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var e event
		if json.Unmarshal(line, &e) != nil || !e.valid() {
			refused++
			continue
		}
		accepted++
		waiting.Add(1)
		record := &kgo.Record{Topic: s.topic, Key: strconv.AppendInt(nil, e.TripID, 10), Value: line}
		s.client.Produce(r.Context(), record, func(_ *kgo.Record, err error) {
			if err != nil {
				failed.Add(1)
			}
			waiting.Done()
		})
	}
	waiting.Wait()
	status := http.StatusOK
	switch {
	case failed.Load() > 0:
		status = http.StatusServiceUnavailable
	case accepted == 0:
		status = http.StatusUnprocessableEntity
	case refused > 0:
		status = http.StatusMultiStatus
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, "{\"accepted\":%d,\"refused\":%d}\n", accepted, refused)
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8085", "address")
	brokers := flag.String("brokers", "127.0.0.1:9092", "bootstrap server")
	topic := flag.String("topic", "trips", "topic, which must exist")
	linger := flag.Duration("linger", time.Millisecond, "as producer-server's")
	flag.Parse()
	client, err := kgo.NewClient(kgo.SeedBrokers(*brokers), kgo.ProducerBatchCompression(kgo.Lz4Compression()),
		kgo.ProducerLinger(*linger), kgo.ProducerBatchMaxBytes(1_000_000), kgo.MaxBufferedRecords(400_000),
		kgo.RequiredAcks(kgo.AllISRAcks()), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	if err != nil {
		log.Fatal(err)
	}
	s := &server{client: client, topic: *topic}
	http.HandleFunc("POST /trips", s.trips)
	http.HandleFunc("POST /trip", s.trips)
	http.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := client.Ping(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	log.Fatal(http.ListenAndServe(*listen, nil))
}
