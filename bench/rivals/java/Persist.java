// Unsafe.writebackMemory (which MappedByteBuffer.force calls for a file on DAX) of every dirty block of a layout.
// Usage: FILE LENGTH:STRIDE:BLOCKS:BATCHES... Prints the nanoseconds per block for each layout, the median over its
// batches.
import java.io.RandomAccessFile;
import java.lang.ref.Reference;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel.MapMode;
import java.util.Arrays;
import java.util.StringJoiner;
import jdk.internal.misc.Unsafe;
import sun.nio.ch.DirectBuffer;

class Persist {
    private static final Unsafe UNSAFE = Unsafe.getUnsafe();

    record Layout(long length, long stride, int blocks, int batches) {
        static Layout of(String text) {
            long[] parts = Arrays.stream(text.split(":")).mapToLong(Long::parseLong).toArray();
            return new Layout(parts[0], parts[1], (int) parts[2], (int) parts[3]);
        }
    }

    static void dirty(long base, Layout in, byte value) {
        for (int block = 0; block < in.blocks; block++) {
            long data = base + block * in.stride;
            for (long at = 0; at < in.length; at += 64) UNSAFE.putByte(data + at, value);
        }
    }

    static double persistAll(long base, Layout in) {
        long start = System.nanoTime();
        for (int block = 0; block < in.blocks; block++) UNSAFE.writebackMemory(base + block * in.stride, in.length);
        return (double) (System.nanoTime() - start) / in.blocks;
    }

    static double median(double[] values) {
        Arrays.sort(values);
        return (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
    }

    /** The first of two measurements compiles the code. The second one counts. */
    static double measure(long base, Layout in) {
        double[] times = new double[in.batches];
        for (int round = 0; round < 2; round++) {
            for (int batch = 0; batch < in.batches; batch++) {
                dirty(base, in, (byte) batch);
                times[batch] = persistAll(base, in);
            }
        }
        return median(times);
    }

    public static void main(String[] args) throws Exception {
        if (!Unsafe.isWritebackEnabled()) throw new Error("this JVM does not write cache lines back on this CPU");
        StringJoiner figures = new StringJoiner(",", "{", "}");
        try (RandomAccessFile file = new RandomAccessFile(args[0], "rw")) {
            MappedByteBuffer buffer = file.getChannel().map(MapMode.READ_WRITE, 0, file.length());
            long base = ((DirectBuffer) buffer).address();
            for (int i = 1; i < args.length; i++) {
                Layout in = Layout.of(args[i]);
                figures.add("\"" + in.length + "\":" + measure(base, in));
            }
            Reference.reachabilityFence(buffer); // without it garbage collection could unmap the file
        }
        System.out.println(figures);
    }
}
