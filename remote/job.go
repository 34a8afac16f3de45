package remote

import "time"

// JobState is what a scheduler says of a job, in Slurm's own words. States
// that are not named here are kept as they are told.
type JobState string

// The states that most jobs go through.
const (
	JobPending    JobState = "PENDING"
	JobRunning    JobState = "RUNNING"
	JobSuspended  JobState = "SUSPENDED"
	JobCompleting JobState = "COMPLETING"
	JobCompleted  JobState = "COMPLETED"
	JobFailed     JobState = "FAILED"
	JobTimeout    JobState = "TIMEOUT"
	JobCancelled  JobState = "CANCELLED"
	JobPreempted  JobState = "PREEMPTED"
	JobNodeFail   JobState = "NODE_FAIL"
	JobOutOfMem   JobState = "OUT_OF_MEMORY"
	JobRequeued   JobState = "REQUEUED"
	JobVanished   JobState = "VANISHED" // the scheduler forgot it before vigil saw its end
)

// Alive reports whether the job waits, runs or will run again.
func (s JobState) Alive() bool {
	switch s {
	case JobPending, JobRunning, JobSuspended, JobCompleting, JobRequeued,
		"CONFIGURING", "REQUEUE_HOLD", "REQUEUE_FED", "RESIZING", "SIGNALING", "SPECIAL_EXIT", "STAGE_OUT", "STOPPED", "RESV_DEL_HOLD":
		return true
	}
	return false
}

// Job is one job of a scheduler, or one task of an array. All its texts are
// clean, one line each.
type Job struct {
	Host      string // whose scheduler
	ID        string // as people name it: "123", "123_4", "123+0"
	Number    string // the scheduler's own: "127"
	Array     string // the array's job; empty without one
	Name      string
	User      string
	Account   string
	Partition string
	State     JobState
	Reason    string // why it waits or how it ended, as the scheduler says it
	Why       string // the same in plain words; empty where there is nothing to say
	Depends   string // jobs it waits for, as the scheduler says it
	Nodes     []string
	NumNodes  int
	GPUs      int              // of all nodes; 0 where not told
	GPUIndex  map[string][]int // which of them, by node; nil where not told
	ExitCode  int              // -1 where not told
	Signal    int              // that ended it; 0 without one
	Restarts  int
	Submitted time.Time     // zero times are not told
	Started   time.Time     // may lie ahead: the scheduler's guess
	Ended     time.Time     // may lie ahead: the limit
	Elapsed   time.Duration // it has run
	Left      time.Duration // until its time limit; negative where there is none
	Dir       string        // where it works
	Stdout    string        // expanded paths; empty where not known
	Stderr    string        // empty where it is Stdout
	Seen      time.Time     // when the scheduler last told of it
}

// Node is one node of a cluster.
type Node struct {
	Name       string
	State      string // "idle", "mixed", "allocated", "drained", "down": without its marks
	Marks      string // what the scheduler adds: "*" does not answer, "~" powered down, "-" planned
	Reason     string // why it is drained or down; clean
	Partitions []string
	CPUs       int
	CPUsUsed   int
	GPUs       int
	GPUsUsed   int
	GPUType    string // "h200"
	MemoryMB   int64
}

// Usable reports whether jobs can start there.
func (n Node) Usable() bool {
	return (n.State == "idle" || n.State == "mixed" || n.State == "allocated" || n.State == "completing") && n.Marks != "*"
}

// Cluster is what one scheduler last told. It is immutable.
type Cluster struct {
	Host    string
	Version string // "slurm 22.05.8"
	Jobs    []Job  // newest first
	Nodes   []Node // by name
	At      time.Time
	RPCs    int           // asked of the controller since vigil began
	Every   time.Duration // until it is asked again
	Problem string        // why what stands here is old or not whole, and what to do; clean
}

// GPU is one look at one GPU. Values that were not told are NaN.
type GPU struct {
	Host, Node string
	Index      int
	UUID       string
	Name       string  // "NVIDIA H200"
	Util       float64 // percent
	MemUsed    float64 // MiB
	MemTotal   float64 // MiB
	Power      float64 // W
	PowerLimit float64 // W
	Temp       float64 // degrees Celsius
	Jobs       []string
	At         time.Time
}

// LinkState is how a connection to a host stands.
type LinkState string

// The states of a connection.
const (
	LinkIdle       LinkState = "idle" // nothing has asked for it yet
	LinkConnecting LinkState = "connecting"
	LinkUp         LinkState = "up"
	LinkDown       LinkState = "down"    // tried again at Retry
	LinkNeeds      LinkState = "asking"  // waits for a person's word: a passphrase, a code
	LinkRefused    LinkState = "refused" // not tried again by itself: a changed host key, no way to log in
)

// Link is how the connection to a host stands, for the screen.
type Link struct {
	Host      string
	Transport string // "native" or "ssh"
	State     LinkState
	Since     time.Time
	Retry     time.Time     // of the next try; zero without one
	RTT       time.Duration // of the last keep-alive; 0 if not measured
	Channels  int           // in use
	What      string        // what is wrong, clean
	Do        string        // what a person can do about it
}
