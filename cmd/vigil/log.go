package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"gopkg.in/natefinch/lumberjack.v2"
)

// The log is kept small: it is for finding faults, the journal is the record.
const (
	logMegabytes = 10
	logBackups   = 3
)

// openLog opens the program's log, JSON lines in the state folder, which is
// made if it is not there. Close it to flush the file.
func openLog(state string, level slog.Level) (*slog.Logger, io.Closer, error) {
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the state folder: %w: set XDG_STATE_HOME to a folder that can be written", err)
	}
	file := &lumberjack.Logger{Filename: filepath.Join(state, "vigil.log"), MaxSize: logMegabytes, MaxBackups: logBackups}
	return slog.New(slog.NewJSONHandler(file, &slog.HandlerOptions{Level: level})), file, nil
}
