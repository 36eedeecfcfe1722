/*
 * The two entry points of the test kernel, its page tables and its stack.
 *
 * `start` is the entry of the ELF file. libkrun and other loaders of the Linux 64-bit boot protocol
 * jump there in long mode, with the address of boot_params in RSI
 * (Linux Documentation/arch/x86/boot.rst, "64-bit Boot Protocol").
 *
 * `start_pvh` is named by the Xen note. QEMU jumps there in 32-bit protected mode without paging,
 * with the address of hvm_start_info in EBX (Xen docs/misc/pvh.pandoc).
 *
 * The page tables map the first 4 GiB one to one: the loader's own tables may end below the
 * virtio-mmio devices.
 */

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 8, 18			/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad start_pvh

	.section .text.start, "ax", @progbits
	.globl start
	.code64
start:
	movq %rsi, %rdi
	xorl %esi, %esi
continue:
	movq $pml4, %rax
	movq %rax, %cr3
	movq $stack_end, %rsp
	call kernel_main
stop:
	hlt
	jmp stop

	.code32
start_pvh:
	movl %cr4, %eax
	orl $0x20, %eax			/* CR4.PAE */
	movl %eax, %cr4
	movl $pml4, %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx		/* EFER */
	rdmsr
	orl $0x100, %eax		/* EFER.LME */
	wrmsr
	movl %cr0, %eax
	orl $0x80000000, %eax		/* CR0.PG */
	movl %eax, %cr0
	lgdt gdt_register
	ljmp $8, $long_mode

	.code64
long_mode:
	movl $16, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl %ebx, %edi
	movl $1, %esi
	jmp continue

	.data
	.balign 8
gdt:
	.quad 0
	.quad 0x00af9b000000ffff	/* 64-bit code */
	.quad 0x00cf93000000ffff	/* data */
gdt_register:
	.word gdt_register - gdt - 1
	.long gdt

	.balign 4096
pml4:
	.quad pdpt + 3
	.fill 511, 8, 0
pdpt:
	.quad directories + 0x0003
	.quad directories + 0x1003
	.quad directories + 0x2003
	.quad directories + 0x3003
	.fill 508, 8, 0
directories:
	.set page, 0
	.rept 2048
	.quad (page << 21) + 0x83	/* present, writable, 2 MiB */
	.set page, page + 1
	.endr

	.bss
	.balign 16
	.skip 32768
stack_end:

	.section .note.GNU-stack, "", @progbits
