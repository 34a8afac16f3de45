//go:build race

package curve

const race = true
