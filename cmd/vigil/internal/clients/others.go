package clients

import (
	"regexp"

	"vigil/agent"
	"vigil/cmd/vigil/internal/modelapi"
)

// othersComposer matches the screen of a CLI that takes input.
func othersComposer(k agent.Kind) *regexp.Regexp {
	if k == agent.OpenCode {
		return regexp.MustCompile(`Ask anything`)
	}
	return regexp.MustCompile(`Type your message`)
}

func othersCommand(o Options) []string {
	switch {
	case o.Kind == agent.OpenCode:
		return []string{"opencode"}
	case o.Ask && o.Kind == agent.Qwen:
		return []string{"qwen", "--approval-mode", "default"}
	case o.Ask:
		return []string{"gemini"}
	}
	return []string{string(o.Kind), "--yolo"}
}

// opencodeModels is where opencode keeps the list of all models of the world.
// Without the file it reads the one that is built in, whose thousands cost it
// seconds of work before the first turn; the test's model is in its settings.
const opencodeModels = ".cache/opencode/models.json"

// othersEnv is what only these CLIs need.
func (c *Client) othersEnv(o Options) map[string]string {
	switch o.Kind {
	case agent.Gemini:
		return map[string]string{
			"GEMINI_API_KEY": dummyKey, "GOOGLE_GEMINI_BASE_URL": c.http.URL, "GEMINI_CLI_NO_RELAUNCH": "true",
		}
	case agent.Qwen:
		return map[string]string{"OPENAI_API_KEY": dummyKey, "OPENAI_BASE_URL": c.http.URL + "/v1", "OPENAI_MODEL": modelapi.Model}
	}
	return map[string]string{
		// It installs a package into its folder beside the first turn, and npm
		// tries again for over a minute where there is no network.
		"npm_config_offline":          "true",
		"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
	}
}

// othersConfig is the configuration file of one of these CLIs that has been used
// before.
func (c *Client) othersConfig(o Options) (name, text string) {
	common := map[string]any{
		"general": map[string]any{"disableAutoUpdate": true, "enableAutoUpdate": false},
		"privacy": map[string]any{"usageStatisticsEnabled": false}, "telemetry": map[string]any{"enabled": false},
	}
	switch o.Kind {
	case agent.Gemini:
		common["security"] = map[string]any{
			"auth": map[string]any{"selectedType": "gemini-api-key"}, "folderTrust": map[string]any{"enabled": false},
		}
		return ".gemini/settings.json", asJSON(common)
	case agent.Qwen:
		common["security"] = map[string]any{"auth": map[string]any{"selectedType": "openai"}}
		common["model"] = map[string]any{"name": modelapi.Model}
		return ".qwen/settings.json", asJSON(common)
	}
	may := "allow"
	if o.Ask {
		may = "ask"
	}
	model := "scripted/" + modelapi.Model
	return ".config/opencode/opencode.json", asJSON(map[string]any{
		"autoupdate": false, "share": "disabled", "model": model, "small_model": model,
		"permission": map[string]any{"bash": may, "edit": may},
		"provider": map[string]any{"scripted": map[string]any{
			"npm": "@ai-sdk/openai-compatible", "name": "scripted",
			"options": map[string]any{"baseURL": c.http.URL + "/v1", "apiKey": dummyKey},
			"models": map[string]any{modelapi.Model: map[string]any{
				"name": modelapi.Model, "limit": map[string]any{"context": 200000, "output": 8000},
			}},
		}},
	})
}
