package syntax

import (
	"path"
	"strings"
)

// language is how a language looks.
type language struct {
	comments   []string // what begins a comment that ends with its line
	apart      bool     // ... only at the start of a word
	options    bool     // --word is one word
	delimiters []delimiter
	words      map[string]bool
	dollar     bool   // $NAME is a variable
	keyed      bool   // a string before a colon is a key
	sets       string // what follows the key that a line begins with
	heading    bool   // a line that begins with # is one
}

// delimiter begins and ends a string or a comment.
type delimiter struct {
	open, end string
	class     Class
	escapes   bool // a backslash takes the next character's meaning
	lines     bool // it may go on over lines
}

// set makes a set of the words in a text.
func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// defines are the words before a name that is defined.
var defines = set("def class func function fn struct type enum trait interface impl mod module namespace")

var (
	double = delimiter{open: `"`, end: `"`, class: String, escapes: true}
	single = delimiter{open: `'`, end: `'`, class: String, escapes: true}
	block  = delimiter{open: "/*", end: "*/", class: Comment, lines: true}
	raw    = delimiter{open: "`", end: "`", class: String, lines: true}
)

var python = language{
	comments: []string{"#"},
	delimiters: []delimiter{
		{open: `"""`, end: `"""`, class: String, escapes: true, lines: true},
		{open: `'''`, end: `'''`, class: String, escapes: true, lines: true},
		double, single,
	},
	words: set(`False None True and as assert async await break class continue def del elif else except finally for from
		global if import in is lambda match nonlocal not or pass raise return self try while with yield case`),
}

var shell = language{
	comments: []string{"#"}, apart: true, options: true, dollar: true,
	delimiters: []delimiter{
		{open: `"`, end: `"`, class: String, escapes: true, lines: true}, {open: `'`, end: `'`, class: String, lines: true},
	},
	words: set(`if then else elif fi for in do done while until case esac function return export local declare set unset
		exit break continue source trap shift exec eval cd echo srun sbatch`),
}

var clike = language{
	comments:   []string{"//", "#"},
	delimiters: []delimiter{block, double, single},
	words: set(`auto bool break case char class const constexpr continue default delete do double else enum explicit extern
		false float for friend goto if inline int long namespace new nullptr operator private protected public register
		return short signed sizeof static struct switch template this throw true try typedef typename union unsigned using
		virtual void volatile while __global__ __device__ __shared__ __host__ size_t`),
}

var script = language{
	comments:   []string{"//"},
	delimiters: []delimiter{block, double, single, {open: "`", end: "`", class: String, escapes: true, lines: true}},
	words: set(`async await break case catch class const continue default delete do else enum export extends false finally
		for from function if implements import in instanceof interface let new null of return static super switch this throw
		true try type typeof undefined var void while yield`),
}

var golang = language{
	comments:   []string{"//"},
	delimiters: []delimiter{block, double, single, raw},
	words: set(`break case chan const continue default defer else fallthrough false for func go goto if import interface
		map nil package range return select struct switch true type var`),
}

var rust = language{
	comments:   []string{"//"},
	delimiters: []delimiter{block, double}, // a quote also begins a lifetime
	words: set(`as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod
		move mut pub ref return self Self static struct super trait true type unsafe use where while`),
}

var jsonText = language{delimiters: []delimiter{double}, keyed: true, words: set("true false null NaN Infinity")}

var toml = language{
	comments: []string{"#"}, sets: "=", words: set("true false inf nan"),
	delimiters: []delimiter{
		{open: `"""`, end: `"""`, class: String, escapes: true, lines: true},
		{open: `'''`, end: `'''`, class: String, lines: true},
		double,
		{open: `'`, end: `'`, class: String},
	},
}

var yaml = language{
	comments: []string{"#"}, apart: true, sets: ":", words: set("true false null yes no on off"),
	delimiters: []delimiter{double, {open: `'`, end: `'`, class: String}},
}

var markdown = language{
	heading: true,
	delimiters: []delimiter{
		{open: "```", end: "```", class: String, lines: true},
		{open: "`", end: "`", class: String},
		{open: "<!--", end: "-->", class: Comment, lines: true},
		{open: "**", end: "**", class: Name},
	},
}

// languages are the languages by the endings of files' names.
var languages = map[string]*language{
	".py": &python, ".pyi": &python, ".ipynb": &jsonText,
	".sh": &shell, ".bash": &shell, ".sbatch": &shell, ".slurm": &shell, ".zsh": &shell,
	".c": &clike, ".h": &clike, ".cc": &clike, ".cpp": &clike, ".hpp": &clike, ".cu": &clike, ".cuh": &clike, ".java": &clike,
	".js": &script, ".ts": &script, ".tsx": &script, ".jsx": &script, ".mjs": &script,
	".go": &golang, ".rs": &rust,
	".json": &jsonText, ".jsonl": &jsonText, ".ndjson": &jsonText,
	".toml": &toml, ".ini": &toml, ".cfg": &toml, ".yaml": &yaml, ".yml": &yaml,
	".md": &markdown, ".markdown": &markdown,
}

func languageOf(name string) *language {
	base := strings.ToLower(path.Base(name))
	if base == "makefile" || base == "dockerfile" {
		return &shell
	}
	return languages[path.Ext(base)]
}
