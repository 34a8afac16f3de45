//go:build !race

package curve

const race = false
