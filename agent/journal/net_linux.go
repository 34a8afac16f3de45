package journal

import "syscall"

// networked reports whether the folder lies on a file system that other
// machines may write to at the same time. The numbers are those of statfs(2)
// and of the file systems' own headers.
func networked(dir string) bool {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return false
	}
	switch uint32(st.Type) {
	case 0x6969, // NFS
		0x0bd00bd0,             // Lustre
		0xff534d42, 0xfe534d42, // CIFS, SMB2
		0x47504653, // GPFS
		0x00c36400, // Ceph
		0x19830326, // BeeGFS
		0x5346414f, // AFS
		0x65735546: // FUSE: sshfs and many cluster file systems
		return true
	}
	return false
}
