// Go's net/http: lines of a known length, then of an unknown one (chunked) in gzip, then an array.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
)

func send(how, url, media, coding string, body io.Reader) {
	request, err := http.NewRequest("POST", url, body)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", media)
	if coding != "" {
		request.Header.Set("Content-Encoding", coding)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	text, _ := io.ReadAll(reply.Body)
	reply.Body.Close()
	fmt.Printf("%s: %d %s\n", how, reply.StatusCode, strings.TrimSpace(string(text)))
}

func main() {
	fmt.Println("version", strings.TrimPrefix(runtime.Version(), "go"))
	url := os.Args[1] + "/trips"
	lines, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	send("lines", url, "application/x-ndjson", "", bytes.NewReader(lines))
	reader, writer := io.Pipe()
	go func() {
		packer := gzip.NewWriter(writer)
		packer.Write(lines)
		packer.Close()
		writer.Close()
	}()
	send("lines, chunked, gzip", url, "application/x-ndjson", "gzip", reader)
	array := "[" + strings.ReplaceAll(strings.TrimSpace(string(lines)), "\n", ",") + "]"
	send("array", url, "application/json", "", strings.NewReader(array))
}
